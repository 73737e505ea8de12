import {
  type ConfigIssue,
  DEFAULT_ACCOUNT,
  type Environment,
  ignoredVariable,
  isRecord,
  kindOf,
  mergeDeep,
  missingCredential,
  nearest,
  readBlock,
} from "@elizaos/connector-core";
import type { PluginSettings } from "./host-schema.js";
import { type AccountFacts, type ConnectorRow, rowOf, SHARED_VARIABLES } from "./plugin-auto-enable.js";

/** Without credentials to tell by, one of these shows that a connector is wanted; so does `enabled: true`. */
const SIGNS = ["authDir", "cliPath", "dbPath"];

/** Whether a connector is to run, and why. */
export interface Enablement {
  /** Somebody asked for it: by a block, by variables that hold its credentials, or by `plugins`. */
  readonly mentioned: boolean;
  /** What it needs to sign in is there for at least one account that is not switched off. */
  readonly configured: boolean;
  readonly enabled: boolean;
  readonly reason: string;
  /** The variables that alone configure it. */
  readonly byEnvironment: readonly string[];
  /** Why nothing of its block can run; empty where that is what the config asks for. */
  readonly issues: readonly ConfigIssue[];
  /** Environment variables that are set but not used. */
  readonly notes: readonly string[];
}

export interface DecideOptions {
  readonly row: ConnectorRow;
  /** The row's, or those of the installed package's manifest. */
  readonly facts: AccountFacts;
  /** The value of `connectors.<id>`. */
  readonly block: unknown;
  readonly environment: Environment;
  readonly plugins: PluginSettings;
}

/**
 * A connector is enabled when its block is configured, when the environment alone holds its credentials, or when
 * `plugins` names it; whatever says that it is off wins. Looks at nothing but its arguments.
 */
export function decide(options: DecideOptions): Enablement {
  const { row, block, plugins } = options;
  const found = block === undefined ? fromEnvironment(options) : fromBlock(options);
  const allowed = allowedBy(row, plugins);
  const mentioned = found.mentioned || allowed !== undefined;
  const off = mentioned ? deniedBy(row, plugins) : undefined;
  if (off !== undefined) return { ...found, mentioned, enabled: false, reason: off, issues: [] };
  if (found.enabled || allowed === undefined || found.isOff) return found;
  return { ...found, mentioned, enabled: true, reason: allowed, issues: [] };
}

interface Found extends Enablement {
  /** The block itself says so. */
  readonly isOff?: boolean;
}

const NOTHING: Found = {
  mentioned: true,
  configured: false,
  enabled: false,
  reason: "",
  byEnvironment: [],
  issues: [],
  notes: [],
};

function fromEnvironment({ facts, environment }: DecideOptions): Found {
  const own = { ...environment };
  for (const name of SHARED_VARIABLES) delete own[name];
  const account = accountOf({ id: DEFAULT_ACCOUNT, at: "", own: {} }, {}, facts, own);
  if (!account.complete) return { ...NOTHING, mentioned: false, reason: "not configured" };
  const { variables } = account;
  const reason = `${list(variables)} ${variables.length > 1 ? "are" : "is"} set`;
  return { ...NOTHING, configured: true, enabled: true, reason, byEnvironment: variables };
}

function fromBlock({ row, facts, block, environment }: DecideOptions): Found {
  const at = `connectors.${row.id}`;
  const read = readBlock(row.id, block);
  if ("message" in read) return { ...NOTHING, reason: `${read.path} ${read.message}`, issues: [read] };
  const { base, named } = read;
  const notes =
    named && read.accounts.every(({ id }) => id !== DEFAULT_ACCOUNT) ? ignored(row, facts, environment) : [];
  if (base["enabled"] === false) return { ...NOTHING, reason: `${at}.enabled is false`, notes, isOff: true };
  const live = read.accounts.filter(({ own }) => !isRecord(own) || own["enabled"] !== false);
  if (live.length === 0)
    return { ...NOTHING, reason: `every account of ${at} says enabled: false`, notes, isOff: true };
  const accounts = live.map((each) => accountOf(each, base, facts, environment));
  const complete = accounts.find((account) => account.complete);
  if (complete !== undefined) {
    const { variables } = complete;
    const reason = `${at} is configured${variables.length === 0 ? "" : `, with ${list(variables)}`}`;
    return { ...NOTHING, configured: true, enabled: true, reason, notes };
  }
  const issues = accounts.flatMap((account) => account.issues);
  return { ...NOTHING, reason: accounts[0]?.lack ?? "", issues, notes };
}

interface Account {
  readonly complete: boolean;
  /** Variables that took part in making it complete. */
  readonly variables: readonly string[];
  /** What is not there, in one phrase. */
  readonly lack: string;
  readonly issues: readonly ConfigIssue[];
}

/** Whether one account has what it needs to sign in, from itself, the base or the environment. */
function accountOf(
  account: { readonly id: string; readonly at: string; readonly own: unknown },
  base: Readonly<Record<string, unknown>>,
  facts: AccountFacts,
  environment: Environment,
): Account {
  const { id, at, own } = account;
  if (!isRecord(own)) {
    const issue = { path: at, message: `must be an object, not ${kindOf(own)}` };
    return { complete: false, variables: [], lack: `${at} ${issue.message}`, issues: [issue] };
  }
  const written = mergeDeep(base, own);
  const variable = (key: string) =>
    id === DEFAULT_ACCOUNT ? facts.env[key]?.find((name) => isSet(environment[name])) : undefined;
  const has = (key: string) => variable(key) !== undefined || isSet(written[key]);
  const needsNone = facts.credentials.some(({ keys }) => keys.length === 0);
  const signs = SIGNS.filter(has);
  const sets = facts.credentials.flatMap((set) => (set.keys.length > 0 ? [set] : []));
  const keys = needsNone && signs.length > 0 ? signs : sets.find((set) => set.keys.every(has))?.keys;
  if (keys !== undefined || (needsNone && written["enabled"] === true)) {
    return {
      complete: true,
      variables: (keys ?? []).flatMap((key) => variable(key) ?? []),
      lack: "",
      issues: [],
    };
  }
  // Where nothing was begun, the way without credentials is the shorter one.
  const isBegun = sets.some((set) => set.keys.some(has));
  const [first, ...others] = sets;
  if (first === undefined || (needsNone && !isBegun)) return wanting(at, facts);
  const missing = missingCredential({ ...facts, credentials: [first, ...others] }, has, account);
  return {
    complete: false,
    variables: [],
    lack: lackOf(at, nearestToComplete(sets, has), id, facts),
    issues: [...slips(at, written, sets, has), ...(missing === undefined ? [] : [missing])],
  };
}

function nearestToComplete(
  sets: AccountFacts["credentials"][number][],
  has: (key: string) => boolean,
): string[] {
  const missing = sets.map(({ keys }) => keys.filter((key) => !has(key)));
  return missing.toSorted((a, b) => a.length - b.length)[0] ?? [];
}

function lackOf(at: string, keys: readonly string[], id: string, facts: AccountFacts): string {
  const variables = id === DEFAULT_ACCOUNT ? keys.flatMap((key) => facts.env[key]?.[0] ?? []) : [];
  const unset =
    variables.length === 0 ? "" : ` and ${list(variables)} ${variables.length > 1 ? "are" : "is"} not set`;
  return `${at} has no ${list(keys)}${unset}`;
}

/** A block of a platform without credentials that gives no sign of being wanted. */
function wanting(at: string, facts: AccountFacts): Account {
  const signs = SIGNS.filter((key) => facts.env[key] !== undefined);
  const lack = `${at} says neither enabled: true nor ${signs.join(" nor ")}`;
  const message = `is not true; it needs no credentials, so that enabled: true, or ${signs.join(" or ")}, is what switches it on`;
  return { complete: false, variables: [], lack, issues: [{ path: `${at}.enabled`, message }] };
}

/** Keys that look like one of the missing ones. */
function slips(
  at: string,
  written: Readonly<Record<string, unknown>>,
  sets: readonly { readonly keys: readonly string[] }[],
  has: (key: string) => boolean,
): ConfigIssue[] {
  const known = sets.flatMap(({ keys }) => keys);
  const missing = known.filter((key) => !has(key));
  return Object.keys(written).flatMap((key) => {
    const guess = known.includes(key) ? undefined : nearest(key, missing);
    return guess === undefined
      ? []
      : [{ path: `${at}.${key}`, message: `unknown key "${key}"; did you mean "${guess}"?` }];
  });
}

function ignored(row: ConnectorRow, { env }: AccountFacts, environment: Environment): string[] {
  return Object.values(env).flatMap((names) => {
    const name = names.find((each) => isSet(environment[each]));
    return name === undefined ? [] : [ignoredVariable(name, row.id)];
  });
}

function deniedBy(row: ConnectorRow, { enabled, deny, entries }: PluginSettings): string | undefined {
  if (enabled === false) return "plugins.enabled is false";
  if (deny.some((name) => means(name, row))) return `plugins.deny names ${row.id}`;
  const entry = Object.entries(entries).find(
    ([name, settings]) => means(name, row) && settings.enabled === false,
  );
  return entry === undefined ? undefined : `plugins.entries.${entry[0]}.enabled is false`;
}

function allowedBy(row: ConnectorRow, { allow, entries }: PluginSettings): string | undefined {
  if (allow.some((name) => means(name, row))) return `plugins.allow names ${row.id}`;
  const entry = Object.entries(entries).find(
    ([name, settings]) => means(name, row) && settings.enabled === true,
  );
  return entry === undefined ? undefined : `plugins.entries.${entry[0]}.enabled is true`;
}

/** Plugins are named by connector id or by package. */
function means(name: string, row: ConnectorRow): boolean {
  return name === row.package || rowOf(name) === row;
}

function isSet(value: unknown): boolean {
  return typeof value === "string" ? value.trim() !== "" : value !== undefined && value !== null;
}

function list(words: readonly string[]): string {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}
