import {
  type BotHandle,
  type BotOptions,
  type DiscordSimulator,
  startDiscordSimulator,
} from "@elizaos/connector-simulators/discord";
import { afterThisTest } from "./cli.js";

/** Obviously fake, and of the form of a real one. */
export const DISCORD_TOKEN = "RkFLRS1UT0tFTg.FAKE.of-the-tests";

export interface SimulatedDiscord {
  readonly sim: DiscordSimulator;
  readonly bot: BotHandle;
}

/** A simulated Discord with one bot; ended after the test. */
export async function discordWithBot(
  options: Pick<BotOptions, "privilegedIntents"> = {},
): Promise<SimulatedDiscord> {
  const sim = await startDiscordSimulator();
  afterThisTest(() => sim.close());
  return { sim, bot: sim.bot({ token: DISCORD_TOKEN, username: "helper_bot", ...options }) };
}

/** A config that runs the bot against the simulator. */
export function discordConfig(sim: DiscordSimulator, more: Readonly<Record<string, unknown>> = {}) {
  return { connectors: { discord: { token: DISCORD_TOKEN, apiRoot: sim.apiRoot, ...more } } };
}
