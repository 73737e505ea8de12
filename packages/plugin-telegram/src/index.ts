import type { Connector } from "@elizaos/connector-core";
import { elizaPlugin } from "@elizaos/connector-eliza";
import { config, groupSettings, type TelegramConfig } from "./config.js";
import { features, identify, limits, open } from "./connection.js";
import { manifest } from "./manifest.js";
import { webhook } from "./webhook/index.js";

export type { TelegramConfig } from "./config.js";
export { manifest } from "./manifest.js";

/** Telegram through the Bot API: private chats, groups, supergroups with topics, channels. Receives by long polling or webhook. */
export const telegram: Connector<TelegramConfig> = {
  manifest,
  config,
  features,
  limits,
  groupSettings,
  identify,
  open,
  // A person's private chat has the person's id (Bot API: Chat.id).
  directAddress: (chat) => ({ chat }),
  webhook,
};

/** The same as a plugin for an agent on `@elizaos/core`. */
export default elizaPlugin(telegram);
