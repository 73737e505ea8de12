import type { Manifest } from "@elizaos/connector-core";

/** What is known of this connector without loading its SDK. */
export const manifest: Manifest = {
  id: "telegram",
  name: "Telegram",
  package: "@elizaos/plugin-telegram",
  env: {
    botToken: ["TELEGRAM_BOT_TOKEN"],
    apiRoot: ["TELEGRAM_API_ROOT"],
  },
  secrets: ["botToken", "webhookSecret"],
  credentials: [
    { keys: ["botToken"], where: "Ask @BotFather in Telegram: /newbot, or /mybots and then API Token." },
    { keys: ["tokenFile"], where: "It is the path of a file that holds the bot's token." },
  ],
};
