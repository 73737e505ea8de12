import type { PlatformSimulation } from "../platform.js";
import { TelegramDoor } from "./door.js";

/** Only the simulator knows it. */
const BOT = { token: "100001:TOKEN-OF-THE-SIMULATED-BOT", username: "simulated_bot", name: "Bot" };

export const telegram: PlatformSimulation = {
  id: "telegram",
  name: "Telegram",
  outward: /^(?:botToken|tokenFile|apiRoot|webhook\w*|proxy|network|enabled)$/,
  lines: [[":group Team", "write in a group, by id or title; :topic News for a topic of it"]],
  topic: "topic",
  unseen: (isPrivate, bot) =>
    isPrivate
      ? "The connector dropped it: private messages are switched off."
      : `The bot did not get it, or dropped it: groups are switched off, or its privacy mode shows it only commands, replies and lines with @${bot} (:mention; --sees-all turns privacy mode off).`,
  async start({ seesAll }) {
    const { startTelegramSimulator } = await import("@elizaos/connector-simulators/telegram");
    const sim = await startTelegramSimulator();
    const { token: botToken } = sim.bot({ ...BOT, privacyMode: !seesAll });
    return { keys: { botToken, apiRoot: sim.apiRoot }, close: () => sim.close() };
  },
  openDoor: async ({ client, bot }) => new TelegramDoor(client, bot),
};
