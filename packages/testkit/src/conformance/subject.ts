import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Connector, Json } from "@elizaos/connector-core";
import type {
  ConfigBlock,
  RequestFlaw,
  SimulatedPlatform,
  StartPlatform,
} from "@elizaos/connector-simulators/kit";
import { ownActions } from "./e-actions.js";
import { Host } from "./host.js";
import { until } from "./until.js";

/** A connector that brings no message in this time offers nothing. */
const LOOK_MS = 3_000;

export interface ConformanceOptions {
  /** Specifier or file URL of a module that exports the connector, for the checks that kill its process. Default: the manifest's package. */
  readonly module?: string;
  /** Fields that every account gets besides its credentials, such as a shorter time-out. */
  readonly config?: ConfigBlock;
  /**
   * Input for each of the connector's actions that works in a private chat. `$chat` and `$message` stand for that of the turn,
   * `$polls.create.message` for what the action `polls.create` gave back when it was done before with its own sample.
   */
  readonly actions?: Readonly<Record<string, Json>>;
}

/** What the simulated platform has; what it lacks, the connector must not claim. */
export interface Traits {
  readonly threads: boolean;
  readonly edits: boolean;
  readonly deletions: boolean;
  readonly reactions: boolean;
  readonly typing: boolean;
  readonly buttons: boolean;
  readonly commands: boolean;
  readonly renames: boolean;
  readonly redelivery: boolean;
  readonly reordering: boolean;
  readonly aliases: boolean;
  readonly lateFailures: boolean;
  readonly routes: boolean;
  readonly overrides: boolean;
  readonly files: boolean;
  readonly albums: boolean;
  readonly markup: boolean;
  readonly refusesMarkup: boolean;
  readonly webhooks: boolean;
  readonly challenge: boolean;
  /** Flaws that requests of the platform can have. */
  readonly flaws: readonly RequestFlaw[];
  /** Names of the actions that the connector offers in a private chat. */
  readonly actions: readonly string[];
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
    const actions = await actionsOf(connector, platform, options);
    return { connector, start, options, traits: { ...traitsOf(platform), actions } };
  } finally {
    await platform.close();
  }
}

const FLAWS: readonly RequestFlaw[] = ["unsigned", "forged", "altered", "old", "malformed", "stranger"];

/** Only a turn knows what it offers. A connector that brings none is seen through by every other check. */
async function actionsOf(
  connector: Connector,
  platform: SimulatedPlatform,
  { config }: ConformanceOptions,
): Promise<readonly string[]> {
  const account = platform.account("default");
  const person = platform.person("Ada");
  const stateDir = await mkdtemp(join(tmpdir(), "conformance-"));
  const host = await Host.create({
    connector,
    block: { dmPolicy: "open", allowFrom: ["*"], ...config, ...account.config },
    stateDir,
    agent: () => ({ type: "silent" }),
  });
  try {
    await host.runtime.start();
    await platform.dm(person, account).says(person, "what can you do?");
    const turn = await until(() => host.turns[0], "a turn", { timeoutMs: LOOK_MS }).catch(() => undefined);
    return turn === undefined ? [] : ownActions(turn).map(({ name }) => name);
  } finally {
    await host.stop();
    await rm(stateDir, { recursive: true, force: true });
  }
}

function traitsOf(platform: SimulatedPlatform): Omit<Traits, "actions"> {
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
    buttons: dm.presses !== undefined,
    commands: dm.commands !== undefined,
    renames: plain.renames !== undefined,
    redelivery: account.redeliver !== undefined,
    reordering: account.reorder !== undefined,
    aliases: platform.renamesPerson !== undefined,
    lateFailures: platform.failsLater !== undefined,
    routes: platform.endRoutes !== undefined,
    overrides: plain.overrides !== undefined,
    markup: platform.markup ?? platform.refusesMarkup !== undefined,
    refusesMarkup: platform.refusesMarkup !== undefined,
    files: (platform.files ?? []).length > 0,
    webhooks: platform.webhooks !== undefined,
    albums: dm.sendsAlbum !== undefined,
    challenge: platform.webhooks?.challenge !== undefined,
    flaws: FLAWS.filter((flaw) => platform.webhooks?.request(account, "hello", flaw) !== undefined),
  };
}
