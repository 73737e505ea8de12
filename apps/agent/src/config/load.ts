import { dirname, resolve } from "node:path";
import type { ConfigIssue, Environment, Redactor } from "@elizaos/connector-core";
import { type ModelPlan, planModel } from "../brain/settings.js";
import type { Settings } from "../settings.js";
import { UserError } from "../user-error.js";
import { type Character, readCharacter } from "./character.js";
import { type CheckedConfig, checkConfig } from "./check.js";
import { findConfigFile, shownPath } from "./find.js";
import type { HostSettings, StoreSettings } from "./host-schema.js";
import { absolutePaths } from "./paths.js";
import { type PlannedConnector, planConnector } from "./planned.js";
import { CONNECTORS, rowOf } from "./plugin-auto-enable.js";
import { readObject } from "./read.js";
import { redactorOf } from "./secrets.js";

export type { PlannedConnector } from "./planned.js";

export interface ConfigOptions {
  /** `--config` as typed. */
  readonly config?: string | undefined;
  /** `--character` as typed. */
  readonly character?: string | undefined;
  /** Blocks by id that stand in for a config file, which is then not looked for. */
  readonly connectors?: Readonly<Record<string, unknown>>;
}

/** Everything a host is to run, checked. */
export interface Plan {
  /** The config file as messages name it. */
  readonly file: string | undefined;
  /** Its absolute path. */
  readonly path: string | undefined;
  /** The file that each block comes from, by connector id, as messages name it. */
  readonly origins: Readonly<Record<string, string | undefined>>;
  readonly character: Character | undefined;
  /** Effective blocks by id; `defaults` is what all of them share. */
  readonly blocks: Readonly<Record<string, unknown>>;
  readonly environment: Environment;
  readonly store: StoreSettings;
  /** The other top-level keys of the config file. */
  readonly settings: HostSettings;
  /** The top-level keys that the config file has. */
  readonly written: ReadonlySet<string>;
  readonly model: ModelPlan;
  /** All connectors of the table, in its order. */
  readonly connectors: readonly PlannedConnector[];
  readonly warnings: readonly string[];
  readonly redactor: Redactor;
}

/** @throws UserError with one line for each thing that is wrong with the files themselves */
export async function loadPlan(options: ConfigOptions, settings: Settings): Promise<Plan> {
  const { plan, problems } = await readPlan(options, settings);
  if (problems.length > 0) throw new UserError(problems);
  return plan;
}

/**
 * Like `loadPlan`, but what is wrong inside the files is told beside a plan that does without it.
 *
 * @throws UserError when a file cannot be read at all
 */
export async function readPlan(
  options: ConfigOptions,
  settings: Settings,
): Promise<{ readonly plan: Plan; readonly problems: readonly string[] }> {
  const { path, file, config } = readConfig(options, settings);
  const { character, characterFile } = readCharacterOf(options, settings);
  const folder = path === undefined ? settings.cwd : dirname(path);
  const blocks = effectiveBlocks(config, folder, character);
  const environment: Environment = { ...config.env, ...withoutEmpty(settings.environment) };
  const model = planModel({
    model: config.settings.model,
    modelProvider: config.settings.modelProvider,
    characterProvider: character?.modelProvider,
    environment,
  });
  const situation = {
    environment,
    plugins: config.settings.plugins,
    defaults: blocks["defaults"],
    commands: config.settings.commands,
    folders: [...new Set([folder, settings.cwd])],
  };
  const connectors = await Promise.all(
    CONNECTORS.map((row) => planConnector(row, blocks[row.id], situation)),
  );
  const problems = [
    ...lines(file, [...config.issues, ...model.issues]),
    ...lines(characterFile, character?.issues ?? []),
  ];
  const plan: Plan = {
    file,
    path,
    origins: Object.fromEntries(
      Object.keys(blocks).map((id) => [id, character?.connectors[id] === undefined ? file : characterFile]),
    ),
    character,
    blocks,
    environment,
    store: config.settings.store,
    settings: config.settings,
    written: config.written,
    model,
    connectors,
    warnings: [
      ...model.warnings,
      ...config.warnings.map((warning) => `${file ?? "config"}: ${warning}`),
      ...unusedKeys(file, config.foreign),
      ...unusedKeys(characterFile, character?.unused ?? []),
    ],
    redactor: redactorOf({
      connectors: blocks,
      character: { ...character?.file, connectors: undefined },
      model: config.settings.model,
      environment,
      facts: connectors.map(({ row, facts }) => ({ ...facts, id: row.id })),
    }),
  };
  return { plan, problems };
}

function readConfig({ config, connectors }: ConfigOptions, settings: Settings) {
  const path = connectors === undefined ? findConfigFile(config, settings) : undefined;
  if (path === undefined) return { path, file: undefined, config: checkConfig({ connectors }) };
  const file = shownPath(path, settings.cwd);
  return { path, file, config: checkConfig(readObject(path, file)) };
}

function readCharacterOf({ character }: ConfigOptions, { cwd }: Settings) {
  if (character === undefined) return { character: undefined, characterFile: undefined };
  const path = resolve(cwd, character);
  const characterFile = shownPath(path, cwd);
  return { character: readCharacter(path, characterFile), characterFile };
}

/** Paths in a block start at the folder of the file that it stands in. */
function effectiveBlocks(
  config: CheckedConfig,
  folder: string,
  character: Character | undefined,
): Readonly<Record<string, unknown>> {
  const from = (blocks: Readonly<Record<string, unknown>>, start: string) =>
    Object.entries(blocks).map(([id, block]) => {
      const row = rowOf(id);
      return [id, row === undefined ? block : absolutePaths(row, block, start)] as const;
    });
  return Object.fromEntries([
    ...from(config.connectors, folder),
    ...(character === undefined ? [] : from(character.connectors, character.folder)),
  ]);
}

/** Every line that says why something configured will not run; empty when all of it will. */
export function planProblems(plan: Plan): string[] {
  const inAccounts = plan.connectors.flatMap(({ row, enabled, accounts }) => {
    const live = enabled ? accounts.filter((account) => account.enabled) : [];
    return unique(live.flatMap(({ issues }) => lines(plan.origins[row.id], issues)));
  });
  return [...unavailableConnectors(plan), ...inAccounts];
}

/** A line for each connector that is asked for and of which nothing can run: no package, no credentials. */
export function unavailableConnectors(plan: Plan): string[] {
  return plan.connectors.flatMap(({ row, unavailable, issues, byEnvironment }) => {
    const path = byEnvironment.length > 0 ? byEnvironment.join(", ") : `connectors.${row.id}`;
    const missing = unavailable === undefined ? [] : [{ path, message: unavailable }];
    return lines(plan.origins[row.id], [...missing, ...issues]);
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
    const inFile = file !== undefined && !/^[A-Z][A-Z0-9_, ]*$/.test(path);
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
