import { GatewayCloseCodes as Close } from "discord-api-types/v10";
import type { SocketConnection } from "../../kit/sockets.js";

/** Ends what a client asked for: with a close code, with an invalid session (opcode 9), or without a word. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly how: Close | "invalid session" | "reset" | "silence";

  constructor(how: Refusal["how"]) {
    super(`refused: ${how}`);
    this.how = how;
  }
}

/** After these the session goes on. */
const SURVIVED = new Set<number>([
  Close.UnknownError,
  Close.UnknownOpcode,
  Close.DecodeError,
  Close.NotAuthenticated,
  Close.AlreadyAuthenticated,
  Close.RateLimited,
]);

/** Whether a session can be resumed after its connection was closed with this code. */
export function survives(code: number): boolean {
  return SURVIVED.has(code);
}

/** As Discord words them. */
const REASONS: Record<number, string> = {
  [Close.UnknownError]: "Unknown error.",
  [Close.UnknownOpcode]: "Unknown opcode.",
  [Close.DecodeError]: "Error while decoding payload.",
  [Close.NotAuthenticated]: "Not authenticated.",
  [Close.AuthenticationFailed]: "Authentication failed.",
  [Close.AlreadyAuthenticated]: "Already authenticated.",
  [Close.InvalidSeq]: "Invalid seq.",
  [Close.RateLimited]: "You are being rate limited.",
  [Close.SessionTimedOut]: "Session timed out.",
  [Close.InvalidShard]: "Invalid shard.",
  [Close.ShardingRequired]: "Sharding required.",
  [Close.InvalidAPIVersion]: "Invalid API version.",
  [Close.InvalidIntents]: "Invalid intent(s).",
  [Close.DisallowedIntents]: "Disallowed intent(s).",
};

export function hangUp(connection: SocketConnection, code: number): void {
  connection.close(code, REASONS[code] ?? "");
}
