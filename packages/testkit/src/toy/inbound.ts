import type {
  DeliveryReceipt,
  InboundEvent,
  MessageContent,
  Sender,
  TextRange,
} from "@elizaos/connector-core";
import { toAttachment } from "./files.js";
import {
  type WireBody,
  type WireEvent,
  type WireMessage,
  type WireTicket,
  type WireUser,
  wireEvent,
} from "./wire.js";

/** What one event of the platform says to us. */
export type Reading =
  /** `press`: the platform waits to be told that it arrived. */
  | { readonly type: "event"; readonly event: InboundEvent; readonly press?: string }
  | { readonly type: "receipt"; readonly receipt: DeliveryReceipt }
  | { readonly type: "alias"; readonly old: string; readonly now: string };

/** A received event with the number that the platform gave it. */
export interface Read {
  readonly id: string;
  readonly seq: number;
  /** The bot account that it is for. */
  readonly account: string;
  readonly reading: Reading;
}

/** Reads one event as it came over the wire; undefined when it is not one that we know. */
export function read(raw: unknown): Read | undefined {
  const parsed = wireEvent.safeParse(raw);
  if (!parsed.success) return undefined;
  const { id, seq, account } = parsed.data;
  return { id, seq, account, reading: interpret(parsed.data) };
}

function interpret(from: WireEvent): Reading {
  if (from.type === "alias") return { type: "alias", old: from.old, now: from.now };
  if (from.type === "status") {
    const { chat, message, status, reason } = from;
    return {
      type: "receipt",
      receipt: { chat: chat.id, message, status, ...(reason !== undefined && { reason }) },
    };
  }
  return { type: "event", event: toEvent(from), ...(from.type === "pressed" && { press: from.press }) };
}

function toEvent(from: WireEvent & Exclude<WireBody, { readonly type: "alias" | "status" }>): InboundEvent {
  const { chat, thread } = from;
  const place = { chat: chat.id, ...(thread !== undefined && { thread }) };
  const base = {
    keys: [`event/${from.id}`] as const,
    sentAt: from.at,
    order: from.seq,
    chat: {
      kind: chat.kind === "private" ? ("dm" as const) : ("group" as const),
      ...(chat.title !== undefined && { title: chat.title }),
    },
  };
  switch (from.type) {
    case "said":
    case "edited": {
      const { message, ticket } = from;
      const name = from.type === "said" ? from.command : undefined;
      const address = { ...place, message: message.id, ...(ticket && { route: toRoute(ticket) }) };
      const said = {
        ...base,
        // What the message says is looked up once the event is stored.
        ...(message.text === undefined && { needsHydration: true }),
        address,
        sender: toSender(message.author, from.account),
        content: toContent(message, from.account),
      };
      // A message may come under several event ids, an edit of it is news each time.
      if (from.type === "edited") return { ...said, kind: "edited" };
      const keys: InboundEvent["keys"] = [`event/${from.id}`, `message/${chat.id}/${message.id}`];
      return name === undefined
        ? { ...said, kind: "message", keys }
        : { ...said, kind: "command", name, keys, content: { ...said.content, mentionsSelf: "command" } };
    }
    case "deleted":
      return {
        ...base,
        kind: "deleted",
        address: { ...place, message: from.message },
        sender: toSender(from.by, from.account),
        messages: [from.message],
      };
    case "reacted": {
      const emoji = [from.emoji];
      const address = { ...place, message: from.message };
      return {
        ...base,
        kind: "reaction",
        address,
        sender: toSender(from.by, from.account),
        added: from.on ? emoji : [],
        removed: from.on ? [] : emoji,
      };
    }
    case "pressed": {
      const { message, ticket, data } = from;
      return {
        ...base,
        kind: "button",
        keys: [...base.keys, `press/${from.press}`],
        address: { ...place, message, ...(ticket && { route: toRoute(ticket) }) },
        sender: toSender(from.by, from.account),
        data,
      };
    }
    case "added":
      return {
        ...base,
        kind: "lifecycle",
        address: place,
        sender: toSender(from.by, from.account),
        change: "added",
      };
  }
}

function toRoute({ value, expires }: WireTicket) {
  return { version: 1, data: { ticket: value }, expiresAt: expires };
}

function toSender({ id, name, bot }: WireUser, self: string): Sender {
  return { id, name, ...(id === self && { isSelf: true }), ...(bot && { isBot: true }) };
}

/** What a message says, as seen by the account `self`. */
export function toContent({ text = "", mentions, quote, files }: WireMessage, self: string): MessageContent {
  const ranges = mentions.map(
    (mention): TextRange => ({ type: "mention", user: mention.user, ...toUtf16(text, mention) }),
  );
  const mentionsSelf = mentions.some(({ user }) => user === self)
    ? "mention"
    : quote?.author.id === self
      ? "reply"
      : undefined;
  return {
    text,
    ...(ranges.length > 0 && { ranges }),
    ...(files.length > 0 && { attachments: files.map(toAttachment) }),
    ...(quote && {
      replyTo: { message: quote.message, sender: toSender(quote.author, self), text: quote.text },
    }),
    ...(mentionsSelf && { mentionsSelf }),
  };
}

/** The platform counts UTF-8 bytes, we count UTF-16 units. */
function toUtf16(text: string, { start, length }: { readonly start: number; readonly length: number }) {
  const bytes = Buffer.from(text);
  const offset = bytes.subarray(0, start).toString().length;
  return { offset, length: bytes.subarray(start, start + length).toString().length };
}
