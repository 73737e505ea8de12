import {
  AuthError,
  ConnectorError,
  Gone,
  RateLimited,
  Rejected,
  Transient,
  Unknown,
} from "@elizaos/connector-core";
import { z } from "zod";
import { missingPermissionsIn } from "./permissions.js";
import { ProxyFailure } from "./proxy/connect.js";

/*
 * The SDK's errors are known by their shape: its module is not loaded for this.
 */
const rateLimitError = z.object({
  name: z.string().startsWith("RateLimitError"),
  global: z.boolean(),
  scope: z.string(),
  retryAfter: z.number(),
  timeToReset: z.number(),
  sublimitTimeout: z.number(),
});
const apiError = z.object({
  name: z.string().startsWith("DiscordAPIError"),
  message: z.string(),
  status: z.int(),
  code: z.union([z.string(), z.number()]),
});
const httpError = z.object({ name: z.literal("HTTPError"), message: z.string(), status: z.int() });
type ApiFailure = z.infer<typeof apiError>;

/** A call that got no answer within its time. */
export class TimeLimitExceeded extends Error {
  override readonly name = "TimeLimitExceeded";

  constructor(limitMs: number) {
    super(`no answer within ${limitMs / 1_000} s`);
  }
}

export const TOKEN_MEND =
  "Make a new one in the Discord Developer Portal (your application, Bot, Reset Token), then set DISCORD_API_TOKEN, or token under connectors.discord.";

/** JSON error codes after which a channel, message or person cannot be reached any more (Discord: "Opcodes and Status Codes"). */
const GONE = new Set([
  10_003, // Unknown Channel
  10_004, // Unknown Guild
  10_008, // Unknown Message
  10_013, // Unknown User
  50_001, // Missing Access
  50_007, // Cannot send messages to this user
  50_083, // Thread is archived
  10_015, // Unknown Webhook: an interaction that is over, or was never acknowledged
  10_062, // Unknown Interaction
  50_027, // Invalid Webhook Token
]);

const MENDS: Readonly<Record<number, string>> = {
  50001: "Let the bot's role view this channel (View Channel), or invite the bot to the server again.",
  50007:
    "The person accepts no private messages from members of the servers they share with the bot, or has blocked it.",
  50013: "Give the bot's role the permission in the server's or the channel's settings.",
  50083: "Somebody must open the archived thread again.",
  40005: "The file is larger than this server allows.",
  160002: "Let the bot read the channel's message history (Read Message History), which replies need.",
};

/** System errors after which the request never left this machine. */
const NEVER_SENT =
  /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|ETIMEDOUT connect/;

export interface CallInfo {
  /** The call's name for people, such as `POST channel messages`. */
  readonly call: string;
  /** Making it twice does no harm. */
  readonly isRepeatable: boolean;
  /** It was not made with the bot's token. */
  readonly isUnsigned?: boolean;
}

/** The contract's error for a failed call. Holds Discord's words and the call's name, nothing of the request. */
export function toConnectorError(
  error: unknown,
  { call, isRepeatable, isUnsigned = false }: CallInfo,
): ConnectorError {
  const options = { where: call };
  if (ConnectorError.isInstance(error)) return error;
  const limited = rateLimitError.safeParse(error);
  if (limited.success) {
    const { global, scope, retryAfter, timeToReset, sublimitTimeout } = limited.data;
    const waitMs = Math.ceil(Math.max(retryAfter, timeToReset, sublimitTimeout, 1));
    return new RateLimited(`Discord asks to wait ${seconds(waitMs)} s before the next ${call}.`, {
      ...options,
      scope: global || scope === "global" ? "account" : "chat",
      retryAfterMs: waitMs,
    });
  }
  const failure = proxyFailureIn(error);
  if (failure !== undefined) return new Transient(`Discord cannot be reached (${failure.message}).`, options);
  const lost = (text: string) => (isRepeatable ? new Transient(text, options) : new Unknown(text, options));
  const refusal = apiError.safeParse(error);
  if (refusal.success) return refused(refusal.data, call, isUnsigned);
  const http = httpError.safeParse(error);
  if (http.success) {
    const { status, message } = http.data;
    if (status === 401 && !isUnsigned) return unauthorised();
    return status >= 500
      ? lost(`Discord failed at ${call}: ${status} ${message}.`)
      : new Rejected(`Discord refused ${call}: ${status} ${message}.`, options);
  }
  if (error instanceof TimeLimitExceeded) return lost(`Discord did not answer ${call}: ${error.message}.`);
  const reason = reasonOf(error);
  return NEVER_SENT.test(reason)
    ? new Transient(`Discord cannot be reached (${reason}).`, options)
    : lost(`Discord did not answer ${call}: ${reason}.`);
}

function refused(error: ApiFailure, call: string, isUnsigned: boolean): ConnectorError {
  const { status } = error;
  const code = Number(error.code);
  if (status === 401 && !isUnsigned) return unauthorised();
  const missing = missingPermissionsIn(code, call);
  const text = `Discord refused ${call}: ${error.message.replaceAll(/\s+/g, " ")} (${status}, code ${error.code})${missing === undefined ? "" : `; it needs ${missing}`}.`;
  const mend = MENDS[code];
  const options = { where: call, ...(mend === undefined ? {} : { mend }) };
  return GONE.has(code) ? new Gone(text, options) : new Rejected(text, options);
}

function unauthorised(): AuthError {
  return new AuthError("Discord does not accept the bot token (401 Unauthorized).", { mend: TOKEN_MEND });
}

/** What went wrong below HTTP: the system's code where there is one. Never the URL. */
function reasonOf(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ("code" in at && typeof at.code === "string") return at.code;
    if (at.name === "AbortError") return "it was given up";
  }
  return "the connection failed";
}

function proxyFailureIn(error: unknown): ProxyFailure | undefined {
  for (let at = error; at instanceof Error; at = at.cause) if (at instanceof ProxyFailure) return at;
  return undefined;
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(1).replace(/\.0$/, "");
}
