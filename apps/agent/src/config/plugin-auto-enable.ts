import type { Manifest } from "@elizaos/connector-core";
import type { ConnectorFacts } from "./facts/facts.js";
import { FEEDS_AND_NUMBERS } from "./facts/feeds.js";
import { MESSENGERS } from "./facts/messengers.js";

const FACTS = { ...MESSENGERS, ...FEEDS_AND_NUMBERS };

/** Every connector that this host knows: its key under `connectors`, and the npm package of its plugin. */
const PACKAGES: readonly (readonly [id: keyof typeof FACTS, name: string])[] = [
  ["discord", "@elizaos/plugin-discord"],
  ["telegram", "@elizaos/plugin-telegram"],
  ["slack", "@elizaos/plugin-slack"],
  ["whatsapp", "@elizaos/plugin-whatsapp"],
  ["signal", "@elizaos/plugin-signal"],
  ["imessage", "@elizaos/plugin-imessage"],
  ["blooio", "@elizaos/plugin-blooio"],
  ["msteams", "@elizaos/plugin-msteams"],
  ["googlechat", "@elizaos/plugin-google-chat"],
  ["twitter", "@elizaos/plugin-twitter"],
  ["farcaster", "@elizaos/plugin-farcaster"],
  ["twitch", "@elizaos/plugin-twitch"],
  ["mattermost", "@elizaos/plugin-mattermost"],
  ["wechat", "@elizaos/plugin-wechat"],
  ["matrix", "@elizaos/plugin-matrix"],
  ["feishu", "@elizaos/plugin-feishu"],
  ["nostr", "@elizaos/plugin-nostr"],
  ["lens", "@elizaos/plugin-lens"],
  ["bluebubbles", "@elizaos/plugin-bluebubbles"],
  ["bluesky", "@elizaos/plugin-bluesky"],
  ["instagram", "@elizaos/plugin-instagram"],
  ["line", "@elizaos/plugin-line"],
  ["zalo", "@elizaos/plugin-zalo"],
  ["twilio", "@elizaos/plugin-twilio"],
  ["github", "@elizaos/plugin-github"],
  ["gmail-watch", "@elizaos/plugin-gmail-watch"],
  ["nextcloud-talk", "@elizaos/plugin-nextcloud-talk"],
  ["tlon", "@elizaos/plugin-tlon"],
];

/** What else a connector is written as. */
const ALIASES: Readonly<Record<string, string>> = { x: "twitter" };

/** Variables that other programs use as well: they fill a block that is there, and ask for no connector by themselves. */
export const SHARED_VARIABLES: readonly string[] = ["GITHUB_TOKEN", "GOOGLE_APPLICATION_CREDENTIALS"];

/** What makes an account configured, and what of it is secret. Where the package is installed, its manifest counts. */
export type AccountFacts = Pick<Manifest, "env" | "secrets" | "credentials">;

/** One connector that this host knows, as far as it is known without its package. */
export interface ConnectorRow extends AccountFacts, Required<ConnectorFacts> {
  /** Key under `connectors`. */
  readonly id: string;
  /** npm package of the plugin; imported only when its connector is enabled, as `enablement.ts` decides. */
  readonly package: string;
  /** Name under which the package exports its connector. */
  readonly export: string;
}

/** The auto-enable table. */
export const CONNECTORS: readonly ConnectorRow[] = PACKAGES.map(([id, name]) => {
  const facts: ConnectorFacts = FACTS[id];
  return {
    secrets: [],
    paths: [],
    programs: [],
    assumed: [],
    ...facts,
    id,
    package: name,
    export: id.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase()),
  };
});

/** The row of a connector id as written in a config. */
export function rowOf(id: string): ConnectorRow | undefined {
  const meant = Object.hasOwn(ALIASES, id) ? ALIASES[id] : id;
  return CONNECTORS.find((each) => each.id === meant);
}
