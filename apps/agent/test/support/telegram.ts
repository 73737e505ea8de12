import { startTelegramSimulator, type TelegramSimulator } from "@elizaos/connector-simulators/telegram";
import { afterThisTest } from "./cli.js";

/** Obviously fake, and of a form that every kind of redaction must know. */
export const TOKEN = "100001:FAKE-TOKEN-OF-A-TEST";

/** A simulated Telegram with one bot; ended after the test. With privacy mode, it is not told of what does not mean it in groups. */
export async function telegramWithBot({ privacyMode = true } = {}): Promise<TelegramSimulator> {
  const sim = await startTelegramSimulator();
  afterThisTest(() => sim.close());
  sim.bot({ token: TOKEN, username: "test_bot", privacyMode });
  return sim;
}

/** A config that runs the bot against the simulator. */
export function telegramConfig(sim: TelegramSimulator, more: Readonly<Record<string, unknown>> = {}) {
  return { connectors: { telegram: { botToken: TOKEN, apiRoot: sim.apiRoot, ...more } } };
}
