import type { z } from "zod";
import type { Account, Connector } from "../contract/connector.js";
import type { ConfigIssue } from "../contract/errors.js";
import { checkBetween } from "./between.js";
import { DEFAULT_ACCOUNT, ignoredVariable, missingCredential, readBlock } from "./blocks.js";
import { capabilityIssues } from "./capabilities.js";
import { reservedCommandIssues } from "./commands.js";
import { type Defaults, readDefaults } from "./defaults.js";
import { liftDirect } from "./direct.js";
import { toConfigIssues } from "./issues.js";
import { isRecord, mergeDeep, readPath } from "./merge.js";
import { describeIssues, kindOf } from "./messages.js";
import { retryIssues } from "./retry.js";
import { mentionIssues, openDmIssues } from "./rules.js";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where the value of a setting came from. */
export type Origin =
  /** `default` is the connector's own, `defaults` the config's `connectors.defaults`. */
  | { readonly from: "default" | "defaults" | "base" | "account" }
  | { readonly from: "environment"; readonly variable: string };

/** One account with its effective config, or what is wrong with it. */
export interface ResolvedAccount {
  readonly connector: Connector;
  readonly id: string;
  readonly enabled: boolean;
  /** The path that says `enabled: false`, when it is not enabled. */
  readonly disabledAt?: string;
  /** Absent when there are issues. */
  readonly account?: Account<unknown>;
  readonly issues: readonly ConfigIssue[];
  /** Environment variables that were set but not used, with the reason. */
  readonly notes: readonly string[];
  /** The config path at which a setting of the effective config stands, such as `connectors.telegram.dmPolicy`. */
  locate(path: string): string;
  origin(path: string): Origin;
}

/**
 * Makes the effective accounts of a connector's block: `connectors.defaults` < base < account < environment. The environment
 * fills the default account only. Objects merge deeply, lists replace. Never throws: what is wrong stands in `issues`, and an
 * account with issues has no config.
 *
 * @param block the value of `connectors.<id>`; undefined when the config has none
 * @param defaults the value of `connectors.defaults`; what is wrong with it is wrong with every account
 * @param commands whether the runtime answers commands itself, as `RuntimeOptions.commands` says
 */
export function resolveAccounts(
  connector: Connector,
  block: unknown,
  environment: Environment,
  defaults?: unknown,
  { commands = true }: { readonly commands?: boolean } = {},
): readonly ResolvedAccount[] {
  const at = `connectors.${connector.manifest.id}`;
  const read = readBlock(connector.manifest.id, block);
  if ("message" in read) return [broken(connector, at, [read])];
  const { base, accounts, named } = read;
  const common = readDefaults(defaults);
  const baseIssues = [...common.issues, ...checkPartial(connector, base, at, ["accounts"])];
  const ids = accounts.map(({ id }) => id);
  const resolved = accounts.map(({ id, at: accountAt, own }) =>
    resolveAccount({
      connector,
      at,
      accountAt,
      id,
      defaults: common,
      base,
      baseIssues,
      own,
      named,
      ids,
      environment,
      commands,
    }),
  );
  return checkBetween(connector, resolved);
}

interface AccountInput {
  readonly connector: Connector;
  readonly at: string;
  readonly accountAt: string;
  readonly id: string;
  readonly defaults: Defaults;
  readonly base: Readonly<Record<string, unknown>>;
  readonly baseIssues: readonly ConfigIssue[];
  readonly own: unknown;
  readonly named: boolean;
  readonly ids: readonly string[];
  readonly environment: Environment;
  readonly commands: boolean;
}

function resolveAccount(input: AccountInput): ResolvedAccount {
  const { connector, at, accountAt, id, base, own, named, environment } = input;
  const defaults = knownTo(connector, input.defaults.values);
  if (named && !isRecord(own)) {
    return broken(
      connector,
      accountAt,
      [{ path: accountAt, message: `must be an object, not ${kindOf(own)}` }],
      id,
    );
  }
  const ownBlock = isRecord(own) ? own : {};
  const written = mergeDeep(mergeDeep(defaults, base), ownBlock);
  const fromEnvironment = new Map<string, string>();
  const notes: string[] = [];
  for (const [key, variables] of Object.entries(connector.manifest.env)) {
    const variable = variables.find((name) => (environment[name] ?? "").trim() !== "");
    if (variable === undefined) continue;
    if (id === DEFAULT_ACCOUNT) {
      written[key] = environment[variable]?.trim();
      fromEnvironment.set(key, variable);
    } else if (!input.ids.includes(DEFAULT_ACCOUNT)) {
      notes.push(ignoredVariable(variable, connector.manifest.id));
    }
  }

  const lifted = liftDirect(written, connector.config.fields.shape);
  Object.assign(written, lifted.values);
  const origin = (asked: string): Origin => {
    const path = lifted.at.get(asked) ?? asked;
    const variable = fromEnvironment.get(path.split(".", 1)[0] ?? path);
    if (variable !== undefined) return { from: "environment", variable };
    if (named && readPath(ownBlock, path) !== undefined) return { from: "account" };
    if (readPath(base, path) !== undefined) return { from: "base" };
    return { from: readPath(defaults, path) === undefined ? "default" : "defaults" };
  };
  const locate = (asked: string) => {
    const where = origin(asked);
    const path = lifted.at.get(asked) ?? asked;
    if (where.from === "environment") return where.variable;
    if (where.from === "defaults") return `connectors.defaults.${path}`;
    return `${where.from === "account" ? accountAt : at}.${path}`;
  };

  // A switched-off account is closed whatever else is wrong with it, and says nothing about its credentials.
  const disabledAt = base["enabled"] === false ? at : ownBlock["enabled"] === false ? accountAt : undefined;
  const enabled = disabledAt === undefined;
  const issues = [...input.baseIssues, ...(named ? checkPartial(connector, ownBlock, accountAt, []) : [])];
  for (const issue of lifted.issues) issues.push({ ...issue, path: locate(issue.path) });
  const disabled = disabledAt === undefined ? {} : { disabledAt: `${disabledAt}.enabled` };
  const result = { connector, id, enabled, notes, locate, origin, ...disabled };
  if (!enabled || issues.length > 0) return { ...result, issues };

  const parsed = connector.config.fields.safeParse(written, { error: messagesOf(connector) });
  if (!parsed.success)
    return {
      ...result,
      issues: parsed.error.issues.flatMap((issue) => toIssues(connector, issue, locate, at)),
    };
  const config: unknown = parsed.data;
  const has = (key: string) => isRecord(config) && config[key] !== undefined && config[key] !== "";
  const missing = missingCredential(connector.manifest, has, { id, at: accountAt });
  if (missing !== undefined) issues.push(missing);
  issues.push(
    ...openDmIssues(config, locate),
    ...mentionIssues(config, locate),
    ...retryIssues(config, locate),
    ...capabilityIssues(connector, config, locate),
    ...(input.commands ? reservedCommandIssues(config, locate) : []),
  );
  for (const issue of connector.config.rules?.(parsed.data) ?? [])
    issues.push({ ...issue, path: locate(issue.path) });
  if (issues.length > 0) return { ...result, issues };
  return { ...result, issues, account: { id, config: parsed.data } };
}

function broken(
  connector: Connector,
  at: string,
  issues: readonly ConfigIssue[],
  id = DEFAULT_ACCOUNT,
): ResolvedAccount {
  return {
    connector,
    id,
    enabled: true,
    issues,
    notes: [],
    locate: (path) => `${at}.${path}`,
    origin: () => ({ from: "default" }),
  };
}

/** Unknown keys and wrong types are reported where they were written, before anything is merged. */
function checkPartial(
  connector: Connector,
  block: Readonly<Record<string, unknown>>,
  at: string,
  alsoKnown: readonly string[],
): ConfigIssue[] {
  const parsed = connector.config.fields.partial().safeParse(block, { error: messagesOf(connector) });
  if (parsed.success) return [];
  return parsed.error.issues.flatMap((issue) =>
    toIssues(connector, issue, (path) => (path === "" ? at : `${at}.${path}`), at, alsoKnown),
  );
}

function toIssues(
  connector: Connector,
  issue: z.core.$ZodIssue,
  locate: (path: string) => string,
  at: string,
  alsoKnown: readonly string[] = [],
): ConfigIssue[] {
  return toConfigIssues(connector.config.fields, issue, alsoKnown).map(({ path, message }) => ({
    path: path === "" ? at : issue.path.length === 0 ? `${at}.${path}` : locate(path),
    message,
  }));
}

/** Defaults for all connectors, as far as this one has such settings. */
function knownTo(connector: Connector, defaults: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { shape } = connector.config.fields;
  return Object.fromEntries(Object.entries(defaults).filter(([key]) => Object.hasOwn(shape, key)));
}

function messagesOf({ manifest }: Connector): ReturnType<typeof describeIssues> {
  return describeIssues((path) =>
    manifest.secrets.some((secret) => covers(secret.split("."), path.map(String))),
  );
}

/** Whether a value at `path` is, or is part of, what stands at the secret path; `*` is any key. */
function covers(secret: readonly string[], path: readonly string[]): boolean {
  return secret.length <= path.length && secret.every((key, index) => key === "*" || key === path[index]);
}
