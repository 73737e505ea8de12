import {
  DEFAULT_ACCOUNT,
  type Environment,
  isRecord,
  mask,
  mergeDeep,
  type Origin,
  type Redactor,
  type ResolvedAccount,
  readBlock,
} from "@elizaos/connector-core";
import type { HostSettings } from "./host-schema.js";
import type { AccountFacts } from "./plugin-auto-enable.js";
import { isSecretKey } from "./secrets.js";

/** Settings of one account by key, secrets masked, each with where it came from. */
export type ShownValues = Readonly<Record<string, { readonly value: unknown } & Origin>>;

/** The settings that an account runs with; none where they could not be worked out. */
export function effectiveValues(
  resolved: ResolvedAccount,
  { secrets }: AccountFacts,
  redactor: Redactor,
): ShownValues {
  const config = resolved.account?.config;
  if (!isRecord(config)) return {};
  return mapValues(config, (value, key) => ({
    value: masked(value, [key], secrets, redactor),
    ...resolved.origin(key),
  }));
}

/**
 * The settings of a connector's accounts as they are written, for connectors whose package is not there to check them and to
 * add its defaults.
 */
export function writtenValues(
  id: string,
  block: unknown,
  { secrets, env }: AccountFacts,
  environment: Environment,
  redactor: Redactor,
): ReadonlyMap<string, ShownValues> {
  const read = readBlock(id, block);
  if ("message" in read) return new Map([[DEFAULT_ACCOUNT, {}]]);
  return new Map(
    read.accounts.map((account) => {
      const own = isRecord(account.own) ? account.own : {};
      const variables = account.id === DEFAULT_ACCOUNT ? variablesOf(env, environment) : {};
      const values = { ...mergeDeep(read.base, own), ...mapValues(variables, ({ value }) => value) };
      const shown = mapValues(values, (value, key) => ({
        value: masked(value, [key], secrets, redactor),
        ...originOf(key, variables, read.named && Object.hasOwn(own, key)),
      }));
      return [account.id, shown];
    }),
  );
}

/**
 * The top-level keys that this host reads.
 *
 * @param written the keys that the file has
 */
export function shownHostSettings(
  settings: HostSettings,
  written: ReadonlySet<string>,
  redactor: Redactor,
): Readonly<Record<string, { readonly value: unknown; readonly from: "default" | "file" }>> {
  const { $schema: _, ...read } = settings;
  const known = Object.entries(read).filter(([, value]) => value !== undefined);
  return mapValues(Object.fromEntries(known), (value, key) => ({
    value: key === "env" ? shownVariables(settings.env) : masked(value, [key], [], redactor),
    from: written.has(key) ? "file" : "default",
  }));
}

/** The names alone: what a variable holds may be a secret whatever it is called. */
function shownVariables({ vars, ...direct }: HostSettings["env"]): Readonly<Record<string, string>> {
  return mapValues({ ...direct, ...vars }, () => "****");
}

interface Variable {
  readonly variable: string;
  readonly value: string;
}

function variablesOf(env: AccountFacts["env"], environment: Environment): Readonly<Record<string, Variable>> {
  const found = Object.entries(env).flatMap(([key, names]) => {
    const variable = names.find((name) => (environment[name] ?? "").trim() !== "");
    return variable === undefined
      ? []
      : [[key, { variable, value: (environment[variable] ?? "").trim() }] as const];
  });
  return Object.fromEntries(found);
}

function originOf(key: string, variables: Readonly<Record<string, Variable>>, isOwn: boolean): Origin {
  const variable = variables[key]?.variable;
  if (variable !== undefined) return { from: "environment", variable };
  return { from: isOwn ? "account" : "base" };
}

/** What stands at a secret path or under a secret's name is masked whole, known secrets wherever they appear. */
function masked(
  value: unknown,
  path: readonly string[],
  secrets: readonly string[],
  redactor: Redactor,
): unknown {
  if (value === "" || value === null || value === undefined) return value;
  if (secrets.some((secret) => isAt(path, secret.split("."))))
    return typeof value === "string" ? mask(value) : "****";
  if (typeof value === "string") return isSecretKey(path.at(-1) ?? "") ? mask(value) : redactor.redact(value);
  // Entries of a list have no name of their own.
  if (Array.isArray(value)) return value.map((each) => masked(each, path, secrets, redactor));
  if (!isRecord(value)) return value;
  return mapValues(value, (each, key) => masked(each, [...path, key], secrets, redactor));
}

function isAt(path: readonly string[], secret: readonly string[]): boolean {
  return (
    path.length === secret.length &&
    secret.every((segment, index) => segment === "*" || segment === path[index])
  );
}

function mapValues<T, U>(
  record: Readonly<Record<string, T>>,
  change: (value: T, key: string) => U,
): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value, key)]));
}
