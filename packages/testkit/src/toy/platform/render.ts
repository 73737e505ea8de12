import type { WireChat, WireMessage, WireUser } from "../wire.js";
import type { Being, ChatRecord, MessageRecord } from "./records.js";
import { mentionsIn } from "./text.js";

export function wireChat(chat: ChatRecord): WireChat {
  return chat.title === undefined
    ? { id: chat.id, kind: chat.kind }
    : { id: chat.id, kind: chat.kind, title: chat.title };
}

export function wireUser(being: Being): WireUser {
  if (being.type === "account") return { id: being.id, name: being.name, bot: true };
  return { id: being.revealed ? being.number : being.id, name: being.name, bot: false };
}

/** Where a message stands. */
export function wirePlace(message: MessageRecord): { readonly chat: WireChat; readonly thread?: string } {
  const chat = wireChat(message.chat);
  return message.thread === undefined ? { chat } : { chat, thread: message.thread };
}

export function wireMessage(message: MessageRecord): WireMessage {
  const { quote } = message;
  return {
    id: message.id,
    author: wireUser(message.author),
    text: message.text,
    mentions: mentionsIn(message.text, message.chat.accounts),
    files: message.files.map(({ id, name, mediaType, size, expires }) => ({
      id,
      name,
      type: mediaType,
      size,
      expires,
    })),
    ...(quote !== undefined && {
      quote: { message: quote.id, author: wireUser(quote.author), text: quote.text },
    }),
  };
}
