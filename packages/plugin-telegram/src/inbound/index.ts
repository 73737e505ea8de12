import type { Address, ChatInfo, InboundEvent, LifecycleEvent } from "@elizaos/connector-core";
import { z } from "zod";
import type { TelegramConfig } from "../config.js";
import type { PollNews } from "../polls.js";
import { commandOf } from "./command.js";
import { readContent } from "./content.js";
import { declined } from "./declined.js";
import { readPollUpdate } from "./poll.js";
import { pressSchema, readPress } from "./press.js";
import { reactionUpdateSchema, readReaction } from "./reaction.js";
import { readSender, readUser } from "./sender.js";
import {
  type Bot,
  memberUpdateSchema,
  messageSchema,
  updateSchema,
  type WireChat,
  type WireMember,
  type WireMessage,
} from "./wire.js";

export type { Bot } from "./wire.js";

/** The kinds of updates that are asked for; Telegram sends no others (Bot API: getUpdates, allowed_updates). */
export const ALLOWED_UPDATES = [
  "message",
  "edited_message",
  "channel_post",
  "edited_channel_post",
  "callback_query",
  "poll",
  "poll_answer",
  "my_chat_member",
  "message_reaction",
] as const;

/** Those of them that an account wants. */
export function allowedUpdates({
  reactionNotifications,
  actions: { polls },
}: Pick<TelegramConfig, "reactionNotifications" | "actions">): readonly (typeof ALLOWED_UPDATES)[number][] {
  const unwanted = new Set<string>([
    ...(reactionNotifications === "off" ? ["message_reaction"] : []),
    ...(polls ? [] : ["poll", "poll_answer"]),
  ]);
  return ALLOWED_UPDATES.filter((kind) => !unwanted.has(kind));
}

/** What an update is to us. */
export type Reading =
  | { readonly type: "event"; readonly event: InboundEvent }
  /** Of a poll; where that is, only the connection knows. */
  | { readonly type: "poll"; readonly news: PollNews }
  /** A group became a supergroup; its id changed. */
  | { readonly type: "migrated"; readonly old: string; readonly now: string }
  | {
      readonly type: "dropped";
      readonly reason: string;
      readonly malformed: boolean;
      /** It says something that this connector does not serve. */
      readonly isDeclined?: boolean;
    };

export interface ReadUpdate {
  /** Absent when not even that can be read. */
  readonly id?: number;
  readonly reading: Reading;
  /** The query to be answered, so that Telegram's client shows the press as done. */
  readonly query?: string;
}

/**
 * Reads one update. Never throws: what cannot be read is dropped with the reason, which quotes nothing of it.
 *
 * @param now when it arrived, Unix time in ms
 */
export function readUpdate(update: unknown, bot: Bot, now = Date.now()): ReadUpdate {
  const parsed = updateSchema.safeParse(update);
  if (!parsed.success) return { reading: malformed("it has no update_id") };
  const { update_id: id, ...body } = parsed.data;
  if ("callback_query" in body) return { id, ...readQuery(id, body["callback_query"], bot, now) };
  return { id, reading: readBody(id, body, bot, now) };
}

function readQuery(update: number, value: unknown, bot: Bot, now: number): Omit<ReadUpdate, "id"> {
  const query = pressSchema.safeParse(value);
  if (!query.success) return { reading: malformed(firstIssue("callback_query", query.error)) };
  const { id } = query.data;
  const press = readPress(query.data, { bot, now, addressOf, placeOf });
  if ("declined" in press) {
    const reason = `callback_query: ${press.declined}`;
    return { query: id, reading: { type: "dropped", reason, malformed: false, isDeclined: true } };
  }
  const keys = [...press.keys, updateKey(update)] as const;
  return { query: id, reading: { type: "event", event: { ...press, keys, order: update } } };
}

function readBody(update: number, body: Readonly<Record<string, unknown>>, bot: Bot, now: number): Reading {
  const [kind, value] =
    Object.entries(body).find(([key]) => ALLOWED_UPDATES.some((allowed) => allowed === key)) ?? [];
  if (kind === undefined) {
    const reason = Object.keys(body)
      .map(declined)
      .find((known) => known !== undefined);
    if (reason !== undefined) return { type: "dropped", reason, malformed: false, isDeclined: true };
    return malformed(`it is of an unknown kind (${Object.keys(body).join(", ") || "empty"})`);
  }
  if (kind === "my_chat_member") {
    const member = memberUpdateSchema.safeParse(value);
    return member.success
      ? readMemberUpdate(update, member.data, bot)
      : malformed(firstIssue(kind, member.error));
  }
  if (kind === "message_reaction") {
    const reaction = reactionUpdateSchema.safeParse(value);
    return reaction.success
      ? readReactionUpdate(update, reaction.data, bot)
      : malformed(firstIssue(kind, reaction.error));
  }
  if (kind === "poll" || kind === "poll_answer") {
    const news = readPollUpdate(value, { kind, update, now, bot });
    if (news === undefined) return malformed(`${kind}: it names nobody`);
    return news instanceof z.ZodError ? malformed(firstIssue(kind, news)) : { type: "poll", news };
  }
  const message = messageSchema.safeParse(value);
  if (!message.success) return malformed(firstIssue(kind, message.error));
  return readMessage(update, message.data, kind.startsWith("edited_"), bot);
}

function readMessage(update: number, message: WireMessage, isEdit: boolean, bot: Bot): Reading {
  const { chat, migrate_to_chat_id: to, migrate_from_chat_id: from } = message;
  if (to !== undefined) return { type: "migrated", old: String(chat.id), now: String(to) };
  if (from !== undefined) return { type: "migrated", old: String(from), now: String(chat.id) };
  if (isEdit && message.location !== undefined)
    return { type: "dropped", reason: "a live location moved", malformed: false };
  const content = readContent(message, bot);
  if (content === undefined) return { type: "dropped", reason: serviceReason(message), malformed: false };
  const base = {
    // Telegram numbers updates in the order of their events (Bot API: Update.update_id), edits among messages.
    order: update,
    address: addressOf(message),
    chat: placeOf(message),
    sender: readSender(message, bot),
    content,
  };
  if (isEdit) {
    // Edits have no key but the delivery's: edit_date counts whole seconds, and two edits may share one.
    return {
      type: "event",
      event: {
        ...base,
        kind: "edited",
        keys: [updateKey(update)],
        sentAt: (message.edit_date ?? message.date) * 1000,
      },
    };
  }
  // Ephemeral messages all have the id 0.
  const keys: [string, ...string[]] =
    message.message_id === 0
      ? [updateKey(update)]
      : [`message:${chat.id}:${message.message_id}`, updateKey(update)];
  const told = { ...base, keys, sentAt: message.date * 1000 };
  const name = commandOf(message, bot);
  const event: InboundEvent =
    name === undefined ? { ...told, kind: "message" } : { ...told, kind: "command", name };
  return { type: "event", event };
}

function readMemberUpdate(update: number, value: z.infer<typeof memberUpdateSchema>, bot: Bot): Reading {
  const { chat, old_chat_member: before, new_chat_member: after } = value;
  if (isMember(before) === isMember(after)) {
    return { type: "dropped", reason: "the bot's rights in the chat changed", malformed: false };
  }
  const change: LifecycleEvent["change"] =
    chat.type === "private"
      ? isMember(after)
        ? "unblocked"
        : "blocked"
      : isMember(after)
        ? "added"
        : "removed";
  return {
    type: "event",
    event: {
      kind: "lifecycle",
      change,
      keys: [updateKey(update)],
      sentAt: value.date * 1000,
      order: update,
      address: { chat: String(chat.id) },
      chat: chatOf(chat),
      sender: readUser(value.from, bot),
    },
  };
}

function readReactionUpdate(update: number, value: z.infer<typeof reactionUpdateSchema>, bot: Bot): Reading {
  const read = readReaction(value, bot);
  return {
    type: "event",
    event: { ...read, keys: [updateKey(update)], order: update, chat: chatOf(value.chat) },
  };
}

function isMember(member: WireMember): boolean {
  if (member.status === "restricted") return member.is_member === true;
  return member.status === "member" || member.status === "administrator" || member.status === "creator";
}

/** The General topic has no thread, and replies in plain groups have a thread id that is none. */
function addressOf(
  message: Pick<WireMessage, "chat" | "message_id" | "message_thread_id" | "is_topic_message">,
): Address {
  const thread = message.is_topic_message === true ? message.message_thread_id : undefined;
  return {
    chat: String(message.chat.id),
    ...(thread === undefined ? {} : { thread: String(thread) }),
    ...(message.message_id === 0 ? {} : { message: String(message.message_id) }),
  };
}

/** The chat of a message, whose topic is known, except in one that Telegram no longer gives (Bot API: InaccessibleMessage, `date` is 0). */
function placeOf({ chat, date }: Pick<WireMessage, "chat" | "date">): ChatInfo {
  return { ...chatOf(chat), ...(chat.is_forum === true && date !== 0 && { hasThreads: true }) };
}

function chatOf(chat: WireChat): ChatInfo {
  const kind = chat.type === "private" ? "dm" : chat.type === "channel" ? "channel" : "group";
  return { kind, ...(chat.title === undefined || kind === "dm" ? {} : { title: chat.title }) };
}

function updateKey(update: number): string {
  return `update:${update}`;
}

/** Fields that every message may have; what remains names the kind of a service message. */
const COMMON_FIELDS = new Set([
  "message_id",
  "date",
  "edit_date",
  "chat",
  "from",
  "sender_chat",
  "message_thread_id",
  "is_topic_message",
]);

function serviceReason(message: WireMessage): string {
  const kinds = Object.keys(message).filter((key) => !COMMON_FIELDS.has(key));
  return `a message without text or attachment (${kinds.join(", ") || "empty"})`;
}

function malformed(reason: string): Reading {
  return { type: "dropped", reason, malformed: true };
}

function firstIssue(kind: string, error: z.ZodError): string {
  const issue = error.issues[0];
  return `${[kind, ...(issue?.path ?? [])].map(String).join(".")}: ${issue?.code ?? "unreadable"}`;
}
