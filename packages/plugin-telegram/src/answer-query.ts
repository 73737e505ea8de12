import type { Logger } from "@elizaos/connector-core";
import type { Client } from "./client.js";
import { connectorError } from "./errors.js";

const LIMIT_MS = 10_000;

/**
 * Tells Telegram that a press arrived, which ends the waiting mark on the button. A courtesy: where it fails, and where the press is
 * too old to be answered (Bot API: answerCallbackQuery), nothing else does.
 */
export async function answerQuery(
  client: Client,
  query: string,
  signal: AbortSignal,
  log: Logger,
): Promise<void> {
  try {
    await client.call((api, limited) => api.answerCallbackQuery(query, {}, limited), {
      signal,
      limitMs: LIMIT_MS,
    });
  } catch (error) {
    if (signal.aborted) return;
    const failed = connectorError(error, "answerCallbackQuery");
    log.debug({ err: failed }, "The press of a button could not be answered");
  }
}
