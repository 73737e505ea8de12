import type { Manifest } from "@elizaos/connector-core";

const WHERE = "Take it from the Discord Developer Portal: your application, Bot, Reset Token.";

/** What is known of this connector without loading its SDK. */
export const manifest: Manifest = {
  id: "discord",
  name: "Discord",
  package: "@elizaos/plugin-discord",
  env: {
    token: ["DISCORD_API_TOKEN", "DISCORD_BOT_TOKEN"],
    applicationId: ["DISCORD_APPLICATION_ID"],
  },
  secrets: ["token", "botToken", "pluralkit.token"],
  credentials: [
    { keys: ["token"], where: WHERE },
    { keys: ["botToken"], where: WHERE },
  ],
};
