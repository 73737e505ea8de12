import { type ConfigIssue, describeIssues, nearest, toConfigIssues } from "@elizaos/connector-core";
import { allowedVariables } from "./env-section.js";
import { type HostSettings, hostSchema } from "./host-schema.js";
import { readBlocks } from "./ids.js";
import { CONNECTORS, rowOf } from "./plugin-auto-enable.js";
import { isSecretKey } from "./secrets.js";

/** The parts of a config file that this host reads. */
export interface CheckedConfig {
  readonly settings: HostSettings;
  /** Blocks by id, with those of `channels` that `connectors` does not have. */
  readonly connectors: Readonly<Record<string, unknown>>;
  /** Stands in for environment variables that are not set. */
  readonly env: Readonly<Record<string, string>>;
  readonly issues: readonly ConfigIssue[];
  readonly warnings: readonly string[];
  /** All top-level keys that the file has. */
  readonly written: ReadonlySet<string>;
  /** Those of them that are somebody else's. */
  readonly foreign: readonly string[];
}

const SETTINGS: readonly string[] = Object.keys(hostSchema.shape);
const OUR_KEYS: readonly string[] = [...SETTINGS, "connectors", "channels"];

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
  const host = checkHostSettings(raw);
  const blocks = readBlocks(raw["connectors"]);
  const legacy = readLegacy(raw["channels"], blocks.blocks);
  const env = allowedVariables(host.settings.env);
  const names = checkPluginNames(host.settings);
  return {
    settings: host.settings,
    connectors: { ...legacy.blocks, ...blocks.blocks },
    env: env.variables,
    issues: [...issues, ...host.issues, ...names.issues, ...blocks.issues, ...legacy.issues],
    warnings: [...legacy.warnings, ...env.warnings, ...names.warnings],
    written: new Set(Object.keys(raw)),
    foreign,
  };
}

/** The settings as written, with the defaults of every key that is wrong. */
function checkHostSettings(raw: Readonly<Record<string, unknown>>): {
  readonly settings: HostSettings;
  readonly issues: readonly ConfigIssue[];
} {
  const own = Object.fromEntries(Object.entries(raw).filter(([key]) => SETTINGS.includes(key)));
  const parsed = hostSchema.safeParse(own, { error: describeIssues(isSecretSetting) });
  if (parsed.success) return { settings: parsed.data, issues: [] };
  const wrong = new Set(parsed.error.issues.map(({ path }) => path[0]));
  const rest = Object.fromEntries(Object.entries(own).filter(([key]) => !wrong.has(key)));
  // What may not be loaded is not known then, so nothing is.
  const settings = hostSchema.parse(wrong.has("plugins") ? { ...rest, plugins: { enabled: false } } : rest);
  return { settings, issues: parsed.error.issues.flatMap((issue) => toConfigIssues(hostSchema, issue)) };
}

function isSecretSetting(path: readonly PropertyKey[]): boolean {
  return path[0] === "env" || path.some((key) => isSecretKey(String(key)));
}

/** `channels` is what `connectors` was called before. */
function readLegacy(channels: unknown, connectors: Readonly<Record<string, unknown>>) {
  const { blocks, issues } = readBlocks(channels, "channels");
  const ids = Object.keys(blocks);
  const read = ids.filter((id) => !Object.hasOwn(connectors, id));
  const shadowed = ids.filter((id) => Object.hasOwn(connectors, id));
  return {
    blocks: Object.fromEntries(read.map((id) => [id, blocks[id]])),
    issues,
    warnings: [
      ...read.map((id) => `channels.${id} is read as connectors.${id}, the name of today; rename it`),
      ...shadowed.map((id) => `channels.${id} is not read, since connectors.${id} is there; remove it`),
    ],
  };
}

/** A slip in `deny` would leave something on that is to be off; other names may mean plugins of another kind. */
function checkPluginNames({ plugins }: HostSettings) {
  const ids = CONNECTORS.map(({ id }) => id);
  const unknown = (name: string) =>
    rowOf(name) === undefined && CONNECTORS.every((row) => row.package !== name);
  const slips = plugins.deny.flatMap((name, index) => {
    const guess = unknown(name) ? nearest(name.replace(/^@elizaos\/plugin-/, ""), ids) : undefined;
    const message = `unknown connector "${name}"; did you mean "${guess}"?`;
    return guess === undefined ? [] : [{ path: `plugins.deny.${index}`, message }];
  });
  const others = [
    ...plugins.allow.map((name, index) => ({ name, path: `plugins.allow.${index}` })),
    ...plugins.deny.map((name, index) => ({ name, path: `plugins.deny.${index}` })),
    ...Object.keys(plugins.entries).map((name) => ({ name, path: `plugins.entries.${name}` })),
  ].filter(({ name, path }) => unknown(name) && slips.every((slip) => slip.path !== path));
  return {
    issues: slips,
    warnings: others.map(
      ({ name, path }) => `${path}: "${name}" is no connector of this host, and is not used`,
    ),
  };
}
