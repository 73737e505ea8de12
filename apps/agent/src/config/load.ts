import { dirname, resolve } from "node:path";
import {
  type ConfigIssue,
  type Connector,
  type Environment,
  type Manifest,
  type Redactor,
  type ResolvedAccount,
  resolveAccounts,
} from "@elizaos/connector-core";
import type { Settings } from "../settings.js";
import { UserError } from "../user-error.js";
import { type Character, readCharacter } from "./character.js";
import { checkConfig, type StoreSettings } from "./check.js";
import { findConfigFile, shownPath } from "./find.js";
import { absolutePaths } from "./paths.js";
import { CONNECTORS, type ConnectorRow, decide, type Enablement } from "./plugin-auto-enable.js";
import { findPlugin, type Plugin } from "./plugins.js";
import { readObject } from "./read.js";
import { redactorOf } from "./secrets.js";

export interface ConfigOptions {
  /** `--config` as typed. */
  readonly config?: string | undefined;
  /** `--character` as typed. */
  readonly character?: string | undefined;
  /** Blocks by id that stand in for a config file, which is then not looked for. */
  readonly connectors?: Readonly<Record<string, unknown>>;
}

/** One row of the table with what config, environment and installed packages make of it. */
export interface PlannedConnector extends Enablement {
  readonly row: ConnectorRow;
  readonly installed: boolean;
  /** Why the connector cannot run at all: its package is missing or unusable. */
  readonly unavailable: string | undefined;
  readonly manifest: Manifest | undefined;
  /** Loaded only when enabled. */
  readonly connector: Connector | undefined;
  readonly accounts: readonly ResolvedAccount[];
}

/** Everything a host is to run, checked. */
export interface Plan {
  /** The config file as messages name it. */
  readonly file: string | undefined;
  /** The file that each block comes from, by connector id, as messages name it. */
  readonly origins: Readonly<Record<string, string | undefined>>;
  readonly character: Character | undefined;
  /** Effective blocks by id. */
  readonly blocks: Readonly<Record<string, unknown>>;
  readonly environment: Environment;
  readonly store: StoreSettings;
  /** Where platforms reach the webhooks from outside. */
  readonly publicUrl: string | undefined;
  /** All connectors of the table, in its order. */
  readonly connectors: readonly PlannedConnector[];
  readonly warnings: readonly string[];
  readonly redactor: Redactor;
}

/** @throws UserError with one line for each thing that is wrong with the files themselves */
export async function loadPlan(options: ConfigOptions, settings: Settings): Promise<Plan> {
  const path = options.connectors === undefined ? findConfigFile(options.config, settings) : undefined;
  const file = path === undefined ? undefined : shownPath(path, settings.cwd);
  const { connectors: inline } = options;
  const config = checkConfig(
    path === undefined || file === undefined ? { connectors: inline } : readObject(path, file),
  );
  const characterPath =
    options.character === undefined ? undefined : resolve(settings.cwd, options.character);
  const characterFile = characterPath === undefined ? undefined : shownPath(characterPath, settings.cwd);
  const character =
    characterPath === undefined || characterFile === undefined
      ? undefined
      : readCharacter(characterPath, characterFile);

  const problems = [...lines(file, config.issues), ...lines(characterFile, character?.issues ?? [])];
  if (problems.length > 0) throw new UserError(problems);

  const folder = path === undefined ? settings.cwd : dirname(path);
  const blocks = Object.fromEntries(
    CONNECTORS.flatMap((row) => {
      const own = character?.connectors[row.id];
      const block = own === undefined ? config.connectors[row.id] : own;
      if (block === undefined) return [];
      return [
        [row.id, absolutePaths(row, block, own === undefined ? folder : (character?.folder ?? folder))],
      ];
    }),
  );
  const environment: Environment = { ...config.env, ...withoutEmpty(settings.environment) };
  const folders = [...new Set([folder, settings.cwd])];
  const connectors = await Promise.all(
    CONNECTORS.map((row) => planConnector(row, blocks[row.id], environment, folders)),
  );
  return {
    file,
    origins: Object.fromEntries(
      Object.keys(blocks).map((id) => [id, character?.connectors[id] === undefined ? file : characterFile]),
    ),
    character,
    blocks,
    environment,
    store: config.store,
    publicUrl: config.publicUrl,
    connectors,
    warnings: [...unusedKeys(file, config.foreign), ...unusedKeys(characterFile, character?.unused ?? [])],
    redactor: redactorOf({
      connectors: blocks,
      characterSecrets: character?.secrets,
      environment,
      manifests: connectors.flatMap(({ manifest }) => manifest ?? []),
    }),
  };
}

async function planConnector(
  row: ConnectorRow,
  block: unknown,
  environment: Environment,
  folders: readonly string[],
): Promise<PlannedConnector> {
  const plugin = await findPlugin(row, folders);
  const manifest = plugin.status === "installed" ? plugin.manifest : undefined;
  const enablement = decide(row, block, manifest, environment);
  const { connector, unavailable } = enablement.enabled ? await load(row, plugin) : idle();
  return {
    ...enablement,
    row,
    installed: plugin.status === "installed",
    unavailable,
    manifest,
    connector,
    accounts: connector === undefined ? [] : resolveAccounts(connector, block, environment),
  };
}

interface Loaded {
  readonly connector: Connector | undefined;
  readonly unavailable: string | undefined;
}

async function load(row: ConnectorRow, plugin: Plugin): Promise<Loaded> {
  if (plugin.status === "missing") {
    return {
      connector: undefined,
      unavailable: `${row.package} is not installed; run: pnpm add ${row.package}`,
    };
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

/** Every line that says why something configured will not run; empty when all of it will. */
export function planProblems(plan: Plan): string[] {
  const inAccounts = plan.connectors.flatMap(({ row, enabled, accounts }) => {
    const live = enabled ? accounts.filter((account) => account.enabled) : [];
    return unique(live.flatMap(({ issues }) => lines(plan.origins[row.id], issues)));
  });
  return [...unavailableConnectors(plan), ...inAccounts];
}

/** A line for each enabled connector whose package is missing or unusable. */
export function unavailableConnectors(plan: Plan): string[] {
  return plan.connectors.flatMap(({ row, unavailable }) => {
    if (unavailable === undefined) return [];
    return lines(plan.origins[row.id], [{ path: `connectors.${row.id}`, message: unavailable }]);
  });
}

/** Whether anything is configured to run and can. */
export function canRun(plan: Plan): boolean {
  return plan.connectors.some(({ accounts }) =>
    accounts.some(({ enabled, issues }) => enabled && issues.length === 0),
  );
}

function lines(file: string | undefined, issues: readonly ConfigIssue[]): string[] {
  return issues.map(({ path, message }) => {
    const inFile = file !== undefined && !/^[A-Z][A-Z0-9_]*$/.test(path);
    return `${inFile ? `${file}: ` : ""}${path}: ${message}`;
  });
}

function unusedKeys(file: string | undefined, keys: readonly string[]): string[] {
  return keys.length === 0
    ? []
    : [`${file ?? "config"}: kept, but not used by this host: ${keys.join(", ")}`];
}

function withoutEmpty(environment: Environment): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => (value ?? "").trim() !== ""));
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}
