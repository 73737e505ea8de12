import type { ConnectionContext } from "@elizaos/connector-core";
import type { Api } from "grammy";
import type { GrammySignal } from "../client.js";
import type { TelegramConfig } from "../config.js";

/** Makes a call at once, outside of the outbox, and throws the contract's errors. */
export type Request = <T>(
  method: string,
  run: (raw: Api["raw"], signal: GrammySignal) => Promise<T>,
  signal: AbortSignal,
) => Promise<T>;

/** What actions work with. */
export interface Tools {
  readonly config: TelegramConfig;
  readonly request: Request;
  readonly context: Pick<ConnectionContext, "state" | "clock">;
}
