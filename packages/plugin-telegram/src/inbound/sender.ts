import type { Sender } from "@elizaos/connector-core";
import type { Bot, WireChat, WireMessage, WireQuoted, WireUser } from "./wire.js";

/** Role of an administrator who writes in the name of the group. */
const ANONYMOUS_ADMIN = "anonymous-admin";

/**
 * Who wrote a message. A chat that writes (an anonymous administrator, a channel, a linked channel's post) stands before
 * `from`, which then is only a stand-in of Telegram's (Bot API: Message.sender_chat).
 */
export function readSender(message: WireMessage | WireQuoted, bot: Bot): Sender {
  const via = message.via_bot === undefined ? {} : { via: String(message.via_bot.id) };
  const { from, chat } = message;
  if (message.sender_chat !== undefined) {
    const isGroup = message.sender_chat.id === chat.id && chat.type !== "channel";
    return { ...chatSender(message.sender_chat), ...(isGroup ? { roles: [ANONYMOUS_ADMIN] } : {}), ...via };
  }
  return { ...(from === undefined ? chatSender(chat) : readUser(from, bot)), ...via };
}

export function readUser(user: WireUser, bot: Bot): Sender {
  const id = String(user.id);
  return {
    id,
    name: userName(user),
    ...(user.username === undefined ? {} : { username: user.username }),
    ...(user.is_bot === true ? { isBot: true } : {}),
    ...(id === bot.id ? { isSelf: true } : {}),
  };
}

export function userName(user: WireUser): string {
  const name = [user.first_name, user.last_name]
    .filter((part) => part !== undefined && part !== "")
    .join(" ");
  return name === "" ? (user.username ?? String(user.id)) : name;
}

export function chatSender(chat: WireChat): Sender {
  return {
    id: String(chat.id),
    ...(chat.title === undefined ? {} : { name: chat.title }),
    ...(chat.username === undefined ? {} : { username: chat.username }),
  };
}
