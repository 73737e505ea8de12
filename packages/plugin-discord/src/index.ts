import type { Connector } from "@elizaos/connector-core";
import { elizaPlugin } from "@elizaos/connector-eliza";
import { config, type DiscordConfig } from "./config.js";
import { features, identify, open } from "./connection.js";
import { directAddress } from "./direct-opener.js";
import { guildSettings } from "./guilds.js";
import { unanswered } from "./interactions/ending.js";
import { manifest } from "./manifest.js";
import { limits } from "./media/limits.js";

export type { DiscordConfig } from "./config.js";
export { manifest } from "./manifest.js";

/** Discord through its gateway and REST API: private chats, servers with channels, threads and forum posts. */
export const discord: Connector<DiscordConfig> = {
  manifest,
  config,
  features,
  limits,
  groupSettings: guildSettings,
  directAddress,
  unanswered,
  identify,
  open,
};

/** The same as a plugin for an agent on `@elizaos/core`. */
export default elizaPlugin(discord);
