import { UserError } from "../../user-error.js";
import type { PlatformSimulation } from "../platform.js";
import { DiscordDoor } from "./door.js";
import { namedServers } from "./places.js";
import { state } from "./shapes.js";

/** Only the simulator knows it. */
const BOT = { token: "U0lNVUxBVEVE.TOKEN.of-the-simulated-bot", username: "simulated_bot" };

export const discord: PlatformSimulation = {
  id: "discord",
  name: "Discord",
  outward: /^(?:token|botToken|applicationId|apiRoot|proxy|pluralkit|enabled)$/,
  lines: [
    [":group Team/help", "write in a channel of a server, by names or ids; :topic News for a thread of it"],
    ["/help", "runs the bot's slash command of that name; without one it is text"],
  ],
  topic: "thread",
  seesAllBecause: "it has no privacy mode, and the simulated bot has the Message Content Intent",
  unseen: (isPrivate) =>
    isPrivate
      ? "The connector dropped it: private messages are switched off."
      : "The bot did not get it, or dropped it: the channel is hidden from it, or the config switches the server or the channel off, or names other channels of the server only.",
  async start() {
    const { startDiscordSimulator } = await import("@elizaos/connector-simulators/discord");
    const sim = await startDiscordSimulator();
    const { token } = sim.bot(BOT);
    return { keys: { token, apiRoot: sim.apiRoot }, close: () => sim.close() };
  },
  async openDoor({ client, bot: username, config }) {
    const { bots } = await client.get(state, "/state");
    const bot = bots.find((each) => each.username === username);
    if (bot === undefined) throw new UserError(`the simulator has no bot called ${username}`);
    return new DiscordDoor(client, bot, namedServers(config));
  },
};
