import {
  type BotOptions,
  startTelegramSimulator,
  type TelegramSimulatorOptions,
} from "@elizaos/connector-simulators/telegram";
import { Api } from "grammy";
import { onTestFinished } from "vitest";

export const TOKEN = "100001:FAKE-TOKEN-OF-TOY";

/** A simulator with one bot, and grammY's client for that bot. Both end with the test. */
export async function open(options: TelegramSimulatorOptions = {}, botOptions: Partial<BotOptions> = {}) {
  const sim = await startTelegramSimulator(options);
  onTestFinished(() => sim.close());
  const bot = sim.bot({ token: TOKEN, username: "toy_bot", ...botOptions });
  return { sim, bot, api: new Api(bot.token, { apiRoot: sim.apiRoot, timeoutSeconds: 10 }) };
}

/** The message of whatever a promise rejects with; fails when it resolves. */
export async function refusal(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  throw new Error("It was not refused.");
}

/** The body of the answer to a call that grammY's types would not let through. */
export async function post(api: Api, method: string, body: unknown): Promise<string> {
  const response = await fetch(`${api.options?.apiRoot}/bot${api.token}/${method}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return await response.text();
}
