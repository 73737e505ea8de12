import type { Environment, Manifest } from "@elizaos/connector-core";
import { isObject } from "./read.js";

/** One connector that this host knows. */
export interface ConnectorRow {
  /** Key under `connectors`. */
  readonly id: string;
  /** npm package of the plugin. */
  readonly package: string;
  /** Name under which the package exports its connector. */
  readonly export: string;
  /** Config keys that hold paths; relative ones start at the config file's folder. */
  readonly paths: readonly string[];
}

/** All connectors, by id; the package is imported only when its connector is enabled. */
export const CONNECTORS: readonly ConnectorRow[] = [
  row("discord"),
  row("telegram", { paths: ["tokenFile"] }),
  row("slack"),
  row("whatsapp", { paths: ["authDir"] }),
  row("signal", { paths: ["authDir"] }),
  row("imessage", { paths: ["dbPath"] }),
  row("blooio"),
  row("msteams"),
  row("googlechat", { package: "@elizaos/plugin-google-chat", paths: ["serviceAccountFile"] }),
  row("twitter"),
  row("farcaster"),
  row("twitch"),
  row("mattermost"),
  row("wechat"),
  row("matrix"),
  row("feishu"),
  row("nostr"),
  row("lens"),
  row("bluebubbles"),
  row("bluesky"),
  row("instagram"),
  row("line"),
  row("zalo"),
  row("twilio"),
  row("github"),
  row("gmail-watch"),
  row("nextcloud-talk"),
  row("tlon"),
];

const ALIASES: Readonly<Record<string, string>> = { x: "twitter" };

/** The row of a connector id as written in a config. */
export function rowOf(id: string): ConnectorRow | undefined {
  const meant = Object.hasOwn(ALIASES, id) ? ALIASES[id] : id;
  return CONNECTORS.find((each) => each.id === meant);
}

/** Whether a connector is to run, and why. */
export interface Enablement {
  /** It has a block, or its credentials stand in the environment. */
  readonly mentioned: boolean;
  readonly enabled: boolean;
  readonly reason: string;
}

/**
 * A connector is enabled when its block is there and not switched off, or when the environment alone holds its
 * credentials.
 *
 * @param block the value of `connectors.<id>`
 * @param manifest undefined when the package is not installed
 */
export function decide(
  row: ConnectorRow,
  block: unknown,
  manifest: Manifest | undefined,
  environment: Environment,
): Enablement {
  if (isObject(block) && block["enabled"] === false) {
    return { mentioned: true, enabled: false, reason: `connectors.${row.id}.enabled is false` };
  }
  if (block !== undefined)
    return { mentioned: true, enabled: true, reason: `connectors.${row.id} is configured` };
  const variables = manifest === undefined ? undefined : credentialVariables(manifest, environment);
  if (variables === undefined) return { mentioned: false, enabled: false, reason: "not configured" };
  return {
    mentioned: true,
    enabled: true,
    reason: `${variables.join(" and ")} ${variables.length > 1 ? "are" : "is"} set`,
  };
}

/** The variables that together give one whole set of credentials. */
function credentialVariables(manifest: Manifest, environment: Environment): readonly string[] | undefined {
  for (const { keys } of manifest.credentials) {
    const found = keys.map((key) =>
      manifest.env[key]?.find((name) => (environment[name] ?? "").trim() !== ""),
    );
    const set = found.filter((name) => name !== undefined);
    if (set.length === keys.length && keys.length > 0) return set;
  }
  return undefined;
}

function row(id: string, facts: Partial<Pick<ConnectorRow, "package" | "paths">> = {}): ConnectorRow {
  return {
    id,
    package: facts.package ?? `@elizaos/plugin-${id}`,
    export: id.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase()),
    paths: facts.paths ?? [],
  };
}
