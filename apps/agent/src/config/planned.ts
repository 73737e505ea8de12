import {
  type Connector,
  type Environment,
  type ResolvedAccount,
  resolveAccounts,
} from "@elizaos/connector-core";
import { decide, type Enablement } from "./enablement.js";
import type { PluginSettings } from "./host-schema.js";
import { type AccountFacts, CONNECTORS, type ConnectorRow } from "./plugin-auto-enable.js";
import { findPlugin, type Plugin } from "./plugins.js";

/** One row of the table with what config, environment and installed packages make of it. */
export interface PlannedConnector extends Enablement {
  readonly row: ConnectorRow;
  /** Of the installed package's manifest, else of the row. */
  readonly facts: AccountFacts;
  readonly installed: boolean;
  /** It has a block that nobody could check, since its package is not installed. */
  readonly unvalidated: boolean;
  /** Why the connector cannot run at all: its package is missing or unusable. */
  readonly unavailable: string | undefined;
  /** Loaded only when enabled. */
  readonly connector: Connector | undefined;
  readonly accounts: readonly ResolvedAccount[];
}

/** What decides over all connectors alike. */
export interface Situation {
  readonly environment: Environment;
  readonly plugins: PluginSettings;
  /** `connectors.defaults`, as written. */
  readonly defaults: unknown;
  /** Whether the runtime answers commands itself. */
  readonly commands: boolean;
  /** Where packages are looked for, before the host's own. */
  readonly folders: readonly string[];
}

export async function planConnector(
  row: ConnectorRow,
  block: unknown,
  { environment, plugins, defaults, commands, folders }: Situation,
): Promise<PlannedConnector> {
  const plugin = await findPlugin(row, folders);
  const installed = plugin.status === "installed";
  const facts = installed ? plugin.manifest : row;
  const enablement = decide({ row, facts, block, environment, plugins });
  const { connector, unavailable } = enablement.enabled ? await load(row, plugin) : idle();
  return {
    ...enablement,
    row,
    facts,
    installed,
    unvalidated: block !== undefined && plugin.status === "missing",
    unavailable,
    connector,
    accounts:
      connector === undefined ? [] : resolveAccounts(connector, block, environment, defaults, { commands }),
  };
}

/** Every connector whose package is installed, enabled or not, and why any of them is left out. */
export async function loadInstalled(
  folders: readonly string[],
): Promise<{ readonly connectors: readonly Connector[]; readonly problems: readonly string[] }> {
  const found = await Promise.all(
    CONNECTORS.map(async (row) => {
      const plugin = await findPlugin(row, folders);
      return plugin.status === "missing" ? idle() : await load(row, plugin);
    }),
  );
  return {
    connectors: found.flatMap(({ connector }) => connector ?? []),
    problems: found.flatMap(({ unavailable }) => unavailable ?? []),
  };
}

interface Loaded {
  readonly connector: Connector | undefined;
  readonly unavailable: string | undefined;
}

async function load(row: ConnectorRow, plugin: Plugin): Promise<Loaded> {
  if (plugin.status === "missing") {
    const unavailable = `${row.package} is not installed; run: pnpm add ${row.package}`;
    return { connector: undefined, unavailable };
  }
  if (plugin.status === "unusable") return { connector: undefined, unavailable: plugin.reason };
  try {
    return { connector: await plugin.load(), unavailable: undefined };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { connector: undefined, unavailable: `${row.package} cannot be loaded: ${reason}` };
  }
}

function idle(): Loaded {
  return { connector: undefined, unavailable: undefined };
}
