import type { Message } from "@grammyjs/types";
import { checkReachable, findChat, findMessage } from "../access.js";
import type { SimChat, StoredMessage } from "../chat.js";
import { badRequest } from "../errors.js";
import { chatId, integer, replyMarkup } from "../params.js";
import type { Draft } from "../world.js";
import { captioned, captionOf } from "./media.js";
import { checkEditable, isKeyboard, notModified } from "./messages.js";
import { type MethodContext, method } from "./method.js";

const target = { chat_id: chatId.default(""), message_id: integer.default(0) };

export const editMessageCaption = method(
  "editMessageCaption",
  { ...target, ...captioned, reply_markup: replyMarkup.optional() },
  (context, params) => {
    const written = captionOf(context, params);
    const { chat, stored } = findOwn(context, params);
    if (!hasCaption(stored.message)) throw badRequest("there is no caption in the message to edit");
    checkReachable(chat);
    const { caption: _, caption_entities: __, ...file } = contentOf(stored.message);
    return change(context, chat, stored, { ...file, ...written, ...keyboard(params.reply_markup) });
  },
);

export const editMessageReplyMarkup = method(
  "editMessageReplyMarkup",
  { ...target, reply_markup: replyMarkup.optional() },
  (context, params) => {
    const { chat, stored } = findOwn(context, params);
    return change(context, chat, stored, { ...contentOf(stored.message), ...keyboard(params.reply_markup) });
  },
);

function findOwn({ world, bot }: MethodContext, params: { chat_id: string; message_id: number }) {
  const chat = findChat(world, bot, params.chat_id);
  const stored = findMessage(chat, params.message_id, "message to edit");
  checkEditable(bot, stored);
  return { chat, stored };
}

function change({ world }: MethodContext, chat: SimChat, stored: StoredMessage, draft: Draft): Message {
  const before = { ...contentOf(stored.message), ...keyboard(stored.message.reply_markup) };
  if (JSON.stringify(sorted(before)) === JSON.stringify(sorted(draft))) throw notModified();
  world.edit(chat, stored, draft);
  return stored.message;
}

function keyboard(markup: unknown): Pick<Draft, "reply_markup"> {
  return isKeyboard(markup) ? { reply_markup: markup } : {};
}

function sorted(draft: Draft): [string, unknown][] {
  return Object.entries(draft).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** What was sent, without what belongs to its place in the chat. */
function contentOf(message: Message): Draft {
  const { message_id, date, edit_date, chat, from, sender_chat, message_thread_id, ...rest } = message;
  const { is_topic_message, reply_to_message, reply_markup, ...content } = rest;
  return content;
}

function hasCaption({ photo, video, animation, audio, voice, document }: Message): boolean {
  return [photo, video, animation, audio, voice, document].some((file) => file !== undefined);
}
