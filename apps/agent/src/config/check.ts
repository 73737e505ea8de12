import { type ConfigIssue, nearest } from "@elizaos/connector-core";
import { z } from "zod";
import { CONNECTORS, rowOf } from "./plugin-auto-enable.js";
import { readPublicUrl } from "./public-url.js";
import { isObject } from "./read.js";

const storeSchema = z.strictObject({
  maxMb: z
    .number()
    .int()
    .min(1)
    .optional()
    .describe("The database may grow to this many MiB; no limit by default."),
  durability: z
    .enum(["full", "process"])
    .optional()
    .describe("`full` (default) survives a power cut, `process` a killed process, and is faster."),
});

const variable = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const envSchema = z.object({ vars: z.record(z.string(), variable).optional() }).catchall(variable);

export type StoreSettings = z.infer<typeof storeSchema>;

/** The parts of a config file that this host reads. */
export interface CheckedConfig {
  readonly connectors: Readonly<Record<string, unknown>>;
  /** Stands in for environment variables that are not set. */
  readonly env: Readonly<Record<string, string>>;
  readonly store: StoreSettings;
  readonly publicUrl: string | undefined;
  readonly issues: readonly ConfigIssue[];
  /** Top-level keys of somebody else's. */
  readonly foreign: readonly string[];
}

const OUR_KEYS: readonly string[] = ["$schema", "connectors", "env", "store", "publicUrl"];

/** Checks everything but the inside of the connectors' blocks, which each connector checks itself. */
export function checkConfig(raw: Readonly<Record<string, unknown>>): CheckedConfig {
  const issues: ConfigIssue[] = [];
  const foreign: string[] = [];
  for (const key of Object.keys(raw)) {
    if (OUR_KEYS.includes(key)) continue;
    const guess = nearest(key, OUR_KEYS);
    if (guess === undefined) foreign.push(key);
    else issues.push({ path: key, message: `unknown key "${key}"; did you mean "${guess}"?` });
  }
  const store = storeSchema.safeParse(raw["store"] ?? {});
  if (!store.success)
    issues.push(...store.error.issues.flatMap((issue) => describeIssue(issue, "store", storeSchema)));
  const env = envSchema.safeParse(raw["env"] ?? {});
  if (!env.success) {
    issues.push(
      ...env.error.issues.map(({ path }) => ({
        path: dotted("env", path),
        message: "must be text, a number or a boolean",
      })),
    );
  }
  const blocks = checkConnectorIds(raw["connectors"]);
  const { publicUrl, issues: publicUrlIssues } = readPublicUrl(raw["publicUrl"]);
  const { vars, ...direct } = env.data ?? {};
  return {
    connectors: blocks.connectors,
    env: { ...direct, ...vars },
    store: store.data ?? {},
    publicUrl,
    issues: [...issues, ...publicUrlIssues, ...blocks.issues],
    foreign,
  };
}

/** Blocks by the ids of the table; what cannot belong to it is an issue. */
export function checkConnectorIds(connectors: unknown): {
  readonly connectors: Readonly<Record<string, unknown>>;
  readonly issues: readonly ConfigIssue[];
} {
  if (connectors === undefined) return { connectors: {}, issues: [] };
  if (!isObject(connectors)) {
    return {
      connectors: {},
      issues: [{ path: "connectors", message: "must be an object of connectors by id" }],
    };
  }
  const known: Record<string, unknown> = {};
  const issues: ConfigIssue[] = [];
  for (const [key, block] of Object.entries(connectors)) {
    const path = `connectors.${key}`;
    const row = rowOf(key);
    if (key === "defaults") {
      issues.push({ path, message: "is not supported by this version; say it in each connector's block" });
    } else if (row === undefined) {
      issues.push({ path, message: unknownConnector(key) });
    } else if (Object.hasOwn(known, row.id)) {
      issues.push({ path, message: `means connectors.${row.id}, which is there as well; keep one of them` });
    } else {
      known[row.id] = block;
    }
  }
  return { connectors: known, issues };
}

export function unknownConnector(written: string): string {
  const ids = CONNECTORS.map(({ id }) => id);
  const guess = nearest(written, ids);
  return `unknown connector "${written}"; ${guess === undefined ? `known: ${ids.join(", ")}` : `did you mean "${guess}"?`}`;
}

function describeIssue(issue: z.core.$ZodIssue, at: string, schema: z.ZodObject): ConfigIssue[] {
  if (issue.code !== "unrecognized_keys") return [{ path: dotted(at, issue.path), message: issue.message }];
  const known = Object.keys(schema.shape);
  return issue.keys.map((key) => {
    const guess = nearest(key, known);
    return {
      path: `${at}.${key}`,
      message: `unknown key "${key}"; ${guess === undefined ? `known: ${known.join(", ")}` : `did you mean "${guess}"?`}`,
    };
  });
}

function dotted(at: string, path: readonly PropertyKey[]): string {
  return [at, ...path.map(String)].join(".");
}
