import { findChat, findMessage } from "../access.js";
import type { BotAccount } from "../bot.js";
import type { SimChat } from "../chat.js";
import { badRequest } from "../errors.js";
import { bool, chatId, integer } from "../params.js";
import { method } from "./method.js";

export const pinChatMessage = method(
  "pinChatMessage",
  {
    chat_id: chatId.default(""),
    message_id: integer.default(0),
    disable_notification: bool.optional(),
  },
  ({ world, bot }, params) => {
    const chat = findChat(world, bot, params.chat_id);
    const { message } = findMessage(chat, params.message_id, "message to pin");
    checkMayPin(chat, bot);
    chat.pinned.delete(message.message_id);
    chat.pinned.add(message.message_id);
    const { message_thread_id: thread } = message;
    // In channels nothing is said about it.
    if (chat.info.type !== "channel")
      world.post(chat, { kind: "bot", bot }, { pinned_message: message }, { thread });
    world.changed();
    return true;
  },
);

export const unpinChatMessage = method(
  "unpinChatMessage",
  { chat_id: chatId.default(""), message_id: integer.optional() },
  ({ world, bot }, params) => {
    const chat = findChat(world, bot, params.chat_id);
    const newest = Math.max(0, ...chat.pinned);
    const { message } = findMessage(chat, params.message_id ?? newest, "message to unpin");
    checkMayPin(chat, bot);
    chat.pinned.delete(message.message_id);
    world.changed();
    return true;
  },
);

export const unpinAllChatMessages = method(
  "unpinAllChatMessages",
  { chat_id: chatId.default("") },
  ({ world, bot }, params) => {
    const chat = findChat(world, bot, params.chat_id);
    checkMayPin(chat, bot);
    chat.pinned.clear();
    world.changed();
    return true;
  },
);

/** Bot API: pinChatMessage. In private chats everybody may. */
function checkMayPin(chat: SimChat, bot: BotAccount): void {
  if (chat.peers !== undefined) return;
  const right = chat.info.type === "channel" ? "can_edit_messages" : "can_pin_messages";
  if (!chat.can(bot.user.id, right))
    throw badRequest("not enough rights to manage pinned messages in the chat");
}
