import type { z } from "zod";
import type { Account, Connector } from "../contract/connector.js";
import type { ConfigIssue } from "../contract/errors.js";
import { checkBetween } from "./between.js";
import { isRecord, mergeDeep, readPath } from "./merge.js";
import { nearest } from "./nearest.js";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where the value of a setting came from. */
export type Origin =
  | { readonly from: "default" | "base" | "account" }
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

export const DEFAULT_ACCOUNT = "default";

/**
 * Makes the effective accounts of a connector's block: defaults < base < account < environment. The environment fills the
 * default account only. Objects merge deeply, lists replace. Never throws: what is wrong stands in `issues`, and an
 * account with issues has no config.
 *
 * @param block the value of `connectors.<id>`; undefined when the config has none
 */
export function resolveAccounts(
  connector: Connector,
  block: unknown,
  environment: Environment,
): readonly ResolvedAccount[] {
  const at = `connectors.${connector.manifest.id}`;
  if (block !== undefined && !isRecord(block)) {
    return [broken(connector, at, [{ path: at, message: `must be an object, not ${describe(block)}` }])];
  }
  const { accounts, ...base } = block ?? {};
  if (accounts !== undefined && !isRecord(accounts)) {
    return [
      broken(connector, at, [
        {
          path: `${at}.accounts`,
          message: `must be an object of accounts by name, not ${describe(accounts)}`,
        },
      ]),
    ];
  }
  if (accounts !== undefined && Object.keys(accounts).length === 0) {
    const message = "is empty, so that nothing runs; add an account, or leave accounts out for a single one";
    return [broken(connector, at, [{ path: `${at}.accounts`, message }])];
  }
  const baseIssues = checkPartial(connector, base, at, ["accounts"]);
  const ids = accounts === undefined ? [DEFAULT_ACCOUNT] : Object.keys(accounts);
  const resolved = ids.map((id) =>
    resolveAccount({
      connector,
      at,
      id,
      base,
      baseIssues,
      own: accounts?.[id],
      named: accounts !== undefined,
      ids,
      environment,
    }),
  );
  return checkBetween(connector, resolved);
}

interface AccountInput {
  readonly connector: Connector;
  readonly at: string;
  readonly id: string;
  readonly base: Record<string, unknown>;
  readonly baseIssues: readonly ConfigIssue[];
  readonly own: unknown;
  readonly named: boolean;
  readonly ids: readonly string[];
  readonly environment: Environment;
}

function resolveAccount(input: AccountInput): ResolvedAccount {
  const { connector, at, id, base, own, named, environment } = input;
  const accountAt = named ? `${at}.accounts.${id}` : at;
  if (named && !isRecord(own)) {
    return broken(
      connector,
      accountAt,
      [{ path: accountAt, message: `must be an object, not ${describe(own)}` }],
      id,
    );
  }
  const ownBlock = isRecord(own) ? own : {};
  const written = mergeDeep(base, ownBlock);
  const fromEnvironment = new Map<string, string>();
  const notes: string[] = [];
  for (const [key, variables] of Object.entries(connector.manifest.env)) {
    const variable = variables.find((name) => (environment[name] ?? "").trim() !== "");
    if (variable === undefined) continue;
    if (id === DEFAULT_ACCOUNT) {
      written[key] = environment[variable]?.trim();
      fromEnvironment.set(key, variable);
    } else if (!input.ids.includes(DEFAULT_ACCOUNT)) {
      notes.push(
        `${variable} is set but not used: it fills only the account "${DEFAULT_ACCOUNT}", which ${at}.accounts does not have`,
      );
    }
  }

  const origin = (path: string): Origin => {
    const variable = fromEnvironment.get(path.split(".", 1)[0] ?? path);
    if (variable !== undefined) return { from: "environment", variable };
    if (named && readPath(ownBlock, path) !== undefined) return { from: "account" };
    return readPath(base, path) === undefined ? { from: "default" } : { from: "base" };
  };
  const locate = (path: string) => {
    const where = origin(path);
    if (where.from === "environment") return where.variable;
    return `${where.from === "account" ? accountAt : at}.${path}`;
  };

  // A switched-off account is closed whatever else is wrong with it, and says nothing about its credentials.
  const disabledAt = base["enabled"] === false ? at : ownBlock["enabled"] === false ? accountAt : undefined;
  const enabled = disabledAt === undefined;
  const issues = [...input.baseIssues, ...(named ? checkPartial(connector, ownBlock, accountAt, []) : [])];
  const disabled = disabledAt === undefined ? {} : { disabledAt: `${disabledAt}.enabled` };
  const result = { connector, id, enabled, notes, locate, origin, ...disabled };
  if (!enabled || issues.length > 0) return { ...result, issues };

  const parsed = connector.config.fields.safeParse(written);
  if (!parsed.success)
    return {
      ...result,
      issues: parsed.error.issues.flatMap((issue) => toIssues(connector, issue, locate, at)),
    };
  issues.push(...missingCredentials(connector, parsed.data, accountAt));
  issues.push(...openDmIssues(parsed.data, locate));
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
  block: Record<string, unknown>,
  at: string,
  alsoKnown: readonly string[],
): ConfigIssue[] {
  const parsed = connector.config.fields.partial().safeParse(block);
  if (parsed.success) return [];
  return parsed.error.issues.flatMap((issue) =>
    toIssues(connector, issue, (path) => (path === "" ? at : `${at}.${path}`), at, alsoKnown),
  );
}

type Issue = z.core.$ZodIssue;

function toIssues(
  connector: Connector,
  issue: Issue,
  locate: (path: string) => string,
  at: string,
  alsoKnown: readonly string[] = [],
): ConfigIssue[] {
  const path = issue.path.map(String).join(".");
  if (issue.code !== "unrecognized_keys")
    return [{ path: path === "" ? at : locate(path), message: issue.message }];
  const known = [...knownKeys(connector.config.fields, issue.path), ...alsoKnown];
  return issue.keys.map((key) => {
    const guess = nearest(key, known);
    const full = path === "" ? key : `${path}.${key}`;
    return {
      path: path === "" ? `${at}.${key}` : locate(full),
      message:
        guess === undefined
          ? `unknown key "${key}"; known: ${known.join(", ")}`
          : `unknown key "${key}"; did you mean "${guess}"?`,
    };
  });
}

/** The keys of the object schema at `path`, walking through optionals, defaults and records. */
function knownKeys(root: z.ZodType, path: readonly PropertyKey[]): string[] {
  let schema: z.ZodType | undefined = root;
  for (const segment of path) {
    const node: unknown = unwrap(schema);
    if (!isSchemaNode(node)) return [];
    schema = node.shape?.[String(segment)] ?? node.valueType ?? node.element;
  }
  const node: unknown = unwrap(schema);
  return isSchemaNode(node) && node.shape !== undefined ? Object.keys(node.shape) : [];
}

interface SchemaNode {
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly valueType?: z.ZodType;
  readonly element?: z.ZodType;
}

function isSchemaNode(node: unknown): node is SchemaNode {
  return typeof node === "object" && node !== null;
}

function unwrap(schema: z.ZodType | undefined): unknown {
  let current: unknown = schema;
  while (
    typeof current === "object" &&
    current !== null &&
    "unwrap" in current &&
    typeof current.unwrap === "function"
  ) {
    current = current.unwrap();
  }
  return current;
}

function missingCredentials(connector: Connector, config: unknown, accountAt: string): ConfigIssue[] {
  const { credentials, env } = connector.manifest;
  const has = (key: string) => isRecord(config) && config[key] !== undefined && config[key] !== "";
  if (credentials.some((credential) => credential.keys.every(has))) return [];
  const [first] = credentials;
  const missing = first.keys.find((key) => !has(key)) ?? first.keys[0] ?? "";
  const variable = env[missing]?.[0];
  const fill = variable === undefined ? "" : ` or the environment variable ${variable}`;
  return [{ path: `${accountAt}.${missing}`, message: `is missing. Set it${fill}. ${first.where}` }];
}

/** An open door must be said twice, so that a slip of one word never opens it. */
function openDmIssues(config: unknown, locate: (path: string) => string): ConfigIssue[] {
  if (!isRecord(config) || config["dmPolicy"] !== "open") return [];
  const allowFrom = config["allowFrom"];
  if (Array.isArray(allowFrom) && allowFrom.includes("*")) return [];
  return [
    {
      path: locate("allowFrom"),
      message: `must contain "*" when dmPolicy is "open" (${locate("dmPolicy")}): set allowFrom: ["*"], or use dmPolicy "pairing" or "allowlist"`,
    },
  ];
}

function describe(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "a list" : `a ${typeof value}`;
}
