import type { Connector } from "@elizaos/connector-core";
import type {
  ConfigBlock,
  RequestFlaw,
  SimulatedPlatform,
  StartPlatform,
} from "@elizaos/connector-simulators/kit";

export interface ConformanceOptions {
  /** Specifier or file URL of a module that exports the connector, for the checks that kill its process. Default: the manifest's package. */
  readonly module?: string;
  /** Fields that every account gets besides its credentials, such as a shorter time-out. */
  readonly config?: ConfigBlock;
}

/** What the simulated platform has; what it lacks, the connector must not claim. */
export interface Traits {
  readonly threads: boolean;
  readonly edits: boolean;
  readonly deletions: boolean;
  readonly reactions: boolean;
  readonly typing: boolean;
  readonly renames: boolean;
  readonly redelivery: boolean;
  readonly reordering: boolean;
  readonly aliases: boolean;
  readonly lateFailures: boolean;
  readonly routes: boolean;
  readonly overrides: boolean;
  readonly files: boolean;
  readonly markup: boolean;
  readonly webhooks: boolean;
  readonly challenge: boolean;
  /** Flaws that requests of the platform can have. */
  readonly flaws: readonly RequestFlaw[];
}

/** What is being checked. */
export interface Subject {
  readonly connector: Connector;
  readonly start: StartPlatform;
  readonly options: ConformanceOptions;
  readonly traits: Traits;
}

/** Looks at a platform once, so that every check has its name before it runs. */
export async function readSubject(
  connector: Connector,
  start: StartPlatform,
  options: ConformanceOptions = {},
): Promise<Subject> {
  const platform = await start({});
  try {
    return { connector, start, options, traits: traitsOf(platform) };
  } finally {
    await platform.close();
  }
}

const FLAWS: readonly RequestFlaw[] = ["unsigned", "forged", "altered", "old", "malformed", "stranger"];

function traitsOf(platform: SimulatedPlatform): Traits {
  const account = platform.account("default");
  const person = platform.person("Ada");
  const dm = platform.dm(person, account);
  const plain = platform.group("Plain", { people: [person], accounts: [account] });
  const threaded = platform.group("Threaded", { people: [person], accounts: [account], threads: true });
  return {
    threads: threaded.opensThread !== undefined,
    edits: dm.edits !== undefined,
    deletions: dm.deletes !== undefined,
    reactions: dm.reacts !== undefined,
    typing: dm.typed !== undefined,
    renames: plain.renames !== undefined,
    redelivery: account.redeliver !== undefined,
    reordering: account.reorder !== undefined,
    aliases: platform.renamesPerson !== undefined,
    lateFailures: platform.failsLater !== undefined,
    routes: platform.endRoutes !== undefined,
    overrides: plain.overrides !== undefined,
    markup: platform.refusesMarkup !== undefined,
    files: (platform.files ?? []).length > 0,
    webhooks: platform.webhooks !== undefined,
    challenge: platform.webhooks?.challenge !== undefined,
    flaws: FLAWS.filter((flaw) => platform.webhooks?.request(account, "hello", flaw) !== undefined),
  };
}
