import {
  AuthError,
  type ConnectorError,
  Gone,
  RateLimited,
  Rejected,
  Transient,
  Unknown,
} from "@elizaos/connector-core";
import { z } from "zod";
import { NoAnswer } from "./http.js";

/** A call took longer than it may. */
export class TimeLimitExceeded extends Error {
  override readonly name = "TimeLimitExceeded";
  /** Whether the request may have reached Telegram. */
  readonly isSent: boolean;

  /** @param ended what the call itself failed with when it was ended */
  constructor(limitMs: number, ended: unknown) {
    super(`no answer within ${limitMs / 1000} s`);
    this.isSent = noAnswerIn(ended)?.isSent ?? true;
  }
}

/** What went wrong with a call, without the request itself: its URL holds the token, its payload what people wrote. */
export type Failure =
  /** The Bot API said no. */
  | {
      readonly kind: "refused";
      readonly status: number;
      readonly description: string;
      readonly retryAfterSeconds?: number | undefined;
      readonly migratedTo?: string | undefined;
    }
  /** The request did not leave this machine. */
  | { readonly kind: "unreachable"; readonly reason: string }
  /** The request may have arrived; no readable answer came back. */
  | { readonly kind: "unanswered"; readonly reason: string };

const grammyError = z.object({
  name: z.literal("GrammyError"),
  error_code: z.number().optional(),
  description: z.string().optional(),
  parameters: z
    .object({ retry_after: z.number().optional(), migrate_to_chat_id: z.number().optional() })
    .optional(),
});
const httpError = z.object({ name: z.literal("HttpError"), error: z.unknown() });
/** Reads an error of grammY or of a download, or undefined when it is none (then it is a bug, not a failed call). */
export function readFailure(error: unknown): Failure | undefined {
  if (error instanceof TimeLimitExceeded || error instanceof NoAnswer) return unanswered(error);
  const refused = grammyError.safeParse(error);
  if (refused.success) {
    const { error_code: status, description = "no reason given", parameters } = refused.data;
    if (status === undefined)
      return { kind: "unanswered", reason: "the answer is not one of a Bot API server" };
    const to = parameters?.migrate_to_chat_id;
    return {
      kind: "refused",
      status,
      description,
      retryAfterSeconds: parameters?.retry_after,
      migratedTo: to === undefined ? undefined : String(to),
    };
  }
  if (!httpError.safeParse(error).success) return undefined;
  // Anything else in it may quote the request's URL, which holds the token.
  return unanswered(noAnswerIn(error) ?? { message: "the connection failed", isSent: true });
}

function unanswered({ message: reason, isSent }: Pick<NoAnswer, "message" | "isSent">): Failure {
  return { kind: isSent ? "unanswered" : "unreachable", reason };
}

/** grammY wraps what its `fetch` throws, which posts forms. */
function noAnswerIn(error: unknown): NoAnswer | undefined {
  if (error instanceof NoAnswer) return error;
  const http = httpError.safeParse(error);
  return http.success && http.data.error instanceof NoAnswer ? http.data.error : undefined;
}

const TOKEN_MEND =
  "Ask @BotFather for the token (/mybots, API Token), then set TELEGRAM_BOT_TOKEN, or botToken under connectors.telegram.";

/** Calls that show whether the token is good; elsewhere 404 means that the server does not know the method. */
const TOKEN_METHODS = new Set(["getMe", "getUpdates"]);
/** Calls that change nothing when they are made twice. */
const REPEATABLE = new Set([
  ...TOKEN_METHODS,
  "setWebhook",
  "getWebhookInfo",
  "deleteWebhook",
  "setMyCommands",
  "getMyCommands",
  "deleteMyCommands",
  "sendChatAction",
  "sendMessageDraft",
  "getFile",
  "getChat",
  "getChatMember",
  "getChatMemberCount",
  "getChatAdministrators",
  "the download of a file",
]);

const CHAT_GONE =
  /chat not found|user not found|PEER_ID_INVALID|chat was deleted|group chat was deactivated|user is deactivated|message thread not found|message to (?:edit|react to?|be edited) not found|message not found|MESSAGE_ID_INVALID/i;

interface Advice {
  readonly when: RegExp;
  readonly mend: string;
}

const ADVICE: readonly Advice[] = [
  {
    when: /can't initiate conversation|can't write to (?:a )?bot|bots can't send messages to bots/i,
    mend: "A person must write to the bot first; bots cannot write to bots.",
  },
  { when: /blocked by the user/i, mend: "The person blocked the bot and must start it again." },
  {
    when: /kicked|not a member|chat not found/i,
    mend: "Add the bot to the chat again, or check the chat's id.",
  },
  {
    when: /TOPIC_CLOSED/i,
    mend: "Open the topic again, or make the bot an administrator that may manage topics.",
  },
  {
    when: /manage pinned messages/i,
    mend: "Make the bot an administrator with the right to pin messages (can_pin_messages; in a channel can_edit_messages).",
  },
  {
    when: /rights to (?:create a|edit the|close or open the) topic/i,
    mend: "Make the bot an administrator with the right to manage topics (can_manage_topics).",
  },
  { when: /chat is not a forum/i, mend: "Turn topics on in the group's settings." },
  {
    when: /not enough rights to send/i,
    mend: "Let members send this kind of message, in the group's permissions (can_send_polls, can_send_other_messages for stickers, and their like).",
  },
  {
    when: /message can't be deleted/i,
    mend: "Telegram lets a bot delete its own messages for 48 hours, and with the right to delete messages (can_delete_messages) after that.",
  },
  {
    when: /not enough rights|have no rights|CHAT_WRITE_FORBIDDEN|need administrator rights/i,
    mend: "Give the bot the right to do this in the chat's settings.",
  },
];

/** The contract's error for a failed call. Holds Telegram's description and the method, nothing of the request. */
export function toConnectorError(failure: Failure, method: string): ConnectorError {
  if (failure.kind === "unreachable") {
    return new Transient(`Telegram cannot be reached (${failure.reason}).`, { where: method });
  }
  if (failure.kind === "unanswered") {
    const text = `Telegram did not answer ${method}: ${failure.reason}.`;
    return REPEATABLE.has(method)
      ? new Transient(text, { where: method })
      : new Unknown(text, { where: method });
  }
  const { status, description } = failure;
  const text = `Telegram refused ${method}: ${status} ${description}`;
  if (status === 401 || (status === 404 && TOKEN_METHODS.has(method))) {
    return new AuthError(`Telegram does not accept the bot token (${status} ${description}).`, {
      where: method,
      mend:
        status === 401 ? TOKEN_MEND : `${TOKEN_MEND} If apiRoot is set, check that it is a Bot API server.`,
    });
  }
  if (status === 429) {
    const retryAfterMs = Math.max(1, failure.retryAfterSeconds ?? 1) * 1000;
    return new RateLimited(text, {
      where: method,
      scope: scopeOf(method),
      retryAfterMs,
    });
  }
  if (status >= 500)
    return REPEATABLE.has(method)
      ? new Transient(text, { where: method })
      : new Unknown(text, { where: method });
  if (status === 409) return new Transient(text, { where: method });
  const mend = ADVICE.find((advice) => advice.when.test(description))?.mend;
  const options = { where: method, ...(mend === undefined ? {} : { mend }) };
  return status === 403 || CHAT_GONE.test(description)
    ? new Gone(text, options)
    : new Rejected(text, options);
}

/** What else a "wait" of this call holds up. A draft is no message: that there were too many says nothing about those. */
function scopeOf(method: string): RateLimited["scope"] {
  if (method === "getUpdates") return "account";
  return method === "sendMessageDraft" ? "method" : "chat";
}

/** Telegram could not read the markup; then nothing was done. */
export function isUnreadable(failure: Failure): boolean {
  return failure.kind === "refused" && /can't parse entities/i.test(failure.description);
}

/** Turns whatever a call threw into the contract's error; what is no failed call is given back as it is. */
export function connectorError(error: unknown, method: string): unknown {
  const failure = readFailure(error);
  return failure === undefined ? error : toConnectorError(failure, method);
}
