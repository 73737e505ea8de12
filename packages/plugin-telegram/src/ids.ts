import { Rejected } from "@elizaos/connector-core";

/** A forum's General topic is written to without a thread id (Bot API: Message.message_thread_id). */
const GENERAL_TOPIC = "1";

export function threadOption(thread: string | undefined): { message_thread_id?: number } {
  return thread === undefined || thread === GENERAL_TOPIC ? {} : { message_thread_id: toId(thread) };
}

/** Ids are numbers on the wire; `@name` of a public chat is a string. */
export function toChatId(chat: string): number | string {
  return /^-?\d+$/.test(chat) ? Number(chat) : chat;
}

export function toId(id: string): number {
  if (/^\d+$/.test(id)) return Number(id);
  throw new Rejected(`"${id}" is no Telegram id.`);
}
