import type { LinkPreviewOptions, Message } from "@grammyjs/types";
import { z } from "zod";
import { checkReachable, checkTopicOpen, findChat, findMessage, findThread } from "../access.js";
import type { BotAccount } from "../bot.js";
import type { SimChat, StoredMessage } from "../chat.js";
import { type ApiError, badRequest } from "../errors.js";
import { bool, chatId, entities, integer, json, replyMarkup, text } from "../params.js";
import { checkLength, formatText } from "../text/format.js";
import type { Draft } from "../world.js";
import { method } from "./method.js";

/** deleteMessage (Bot API): "can only be deleted if it was sent less than 48 hours ago" */
const DELETABLE_S = 48 * 60 * 60;

const linkPreviewOptions = json(
  z.object({
    is_disabled: z.boolean().exactOptional(),
    url: z.string().exactOptional(),
    prefer_small_media: z.boolean().exactOptional(),
    prefer_large_media: z.boolean().exactOptional(),
    show_above_text: z.boolean().exactOptional(),
  }),
  "link preview options",
).transform((options): LinkPreviewOptions => options);

export const replyParameters = json(
  z.object({
    message_id: integer,
    chat_id: chatId.optional(),
    allow_sending_without_reply: bool.optional(),
    quote: z.string().optional(),
    quote_parse_mode: z.string().optional(),
    quote_entities: entities.optional(),
    quote_position: integer.optional(),
  }),
  "reply parameters",
);

const formatted = {
  text: text.default(""),
  parse_mode: text.optional(),
  entities: entities.optional(),
  link_preview_options: linkPreviewOptions.optional(),
  reply_markup: replyMarkup.optional(),
};

export const sendMessage = method(
  "sendMessage",
  {
    ...formatted,
    chat_id: chatId.default(""),
    message_thread_id: integer.optional(),
    reply_parameters: replyParameters.optional(),
    reply_to_message_id: integer.optional(),
    // Taken and without effect here.
    disable_notification: bool.optional(),
    protect_content: bool.optional(),
    allow_paid_broadcast: bool.optional(),
    message_effect_id: text.optional(),
  },
  (context, params) => {
    const { world, bot } = context;
    const content = formatText({
      text: params.text,
      parseMode: params.parse_mode,
      entities: params.entities,
      findUser: world.findUser,
    });
    const chat = findChat(world, bot, params.chat_id);
    const thread = findThread(chat, params.message_thread_id);
    const reply = params.reply_parameters ?? { message_id: params.reply_to_message_id ?? 0 };
    const replyTo = findReply(chat, reply, params.chat_id);
    const quote = replyTo === undefined ? undefined : quoteOf(replyTo.message, reply);
    checkReachable(chat);
    checkLength(content);
    checkTopicOpen(chat, bot, thread ?? replyTo?.message.message_thread_id);
    const draft = { ...draftOf(content, params), ...quote };
    const { message } = world.post(chat, { kind: "bot", bot }, draft, { replyTo, thread });
    return message;
  },
);

export const editMessageText = method(
  "editMessageText",
  { ...formatted, chat_id: chatId.default(""), message_id: integer.default(0) },
  ({ world, bot }, params) => {
    const content = formatText({
      text: params.text,
      parseMode: params.parse_mode,
      entities: params.entities,
      findUser: world.findUser,
    });
    const chat = findChat(world, bot, params.chat_id);
    const stored = findMessage(chat, params.message_id, "message to edit");
    checkEditable(bot, stored);
    if (stored.message.text === undefined) throw badRequest("there is no text in the message to edit");
    checkReachable(chat);
    checkLength(content);
    const draft = draftOf(content, params);
    if (isSame(stored.message, draft)) {
      throw notModified();
    }
    world.edit(chat, stored, draft);
    return stored.message;
  },
);

export const deleteMessage = method(
  "deleteMessage",
  { chat_id: chatId.default(""), message_id: integer.default(0) },
  ({ world, bot }, params) => {
    if (params.chat_id === "") throw badRequest("chat identifier is not specified");
    if (params.message_id === 0) throw badRequest("message identifier is not specified");
    const chat = findChat(world, bot, params.chat_id);
    const stored = findMessage(chat, params.message_id, "message to delete");
    const allowed =
      chat.info.type === "private" || isBy(bot, stored) || chat.can(bot.user.id, "can_delete_messages");
    if (!allowed) throw badRequest("message can't be deleted");
    if (world.date - stored.message.date > DELETABLE_S)
      throw badRequest("message can't be deleted for everyone");
    chat.remove(params.message_id);
    world.changed();
    return true;
  },
);

const CHAT_ACTIONS = new Set([
  "typing",
  "upload_photo",
  "record_video",
  "upload_video",
  "record_voice",
  "upload_voice",
  "upload_document",
  "choose_sticker",
  "find_location",
  "record_video_note",
  "upload_video_note",
]);

export const sendChatAction = method(
  "sendChatAction",
  { chat_id: chatId.default(""), action: text.default(""), message_thread_id: integer.optional() },
  ({ world, bot }, params) => {
    if (!CHAT_ACTIONS.has(params.action.toLowerCase())) throw badRequest("wrong parameter action in request");
    const chat = findChat(world, bot, params.chat_id);
    // Unlike for messages, 1 stands for General here.
    const thread = params.message_thread_id === 1 ? undefined : findThread(chat, params.message_thread_id);
    checkReachable(chat);
    chat.act({ bot, action: params.action.toLowerCase(), thread, at: world.clock.now(), over: false });
    world.changed();
    return true;
  },
);

export function findReply(
  chat: SimChat,
  reply: z.output<typeof replyParameters>,
  ownChat: string,
): StoredMessage | undefined {
  if (reply.message_id <= 0) return undefined;
  if (reply.chat_id !== undefined && reply.chat_id !== ownChat) {
    throw badRequest("[simulator] replies to a message in another chat are not simulated");
  }
  const stored = chat.messages.get(reply.message_id);
  if (stored === undefined && reply.allow_sending_without_reply !== true) {
    throw badRequest("message to be replied not found");
  }
  return stored;
}

export function quoteOf(original: Message, reply: z.output<typeof replyParameters>): Pick<Message, "quote"> {
  if (reply.quote === undefined || reply.quote === "") return {};
  const whole = original.text ?? original.caption ?? "";
  const position = whole.indexOf(reply.quote, reply.quote_position ?? 0);
  const found = position >= 0 ? position : whole.indexOf(reply.quote);
  if (found < 0) throw badRequest("QUOTE_TEXT_INVALID");
  return { quote: { text: reply.quote, position: found, is_manual: true } };
}

function draftOf(
  content: { text: string; entities: NonNullable<Message["entities"]> },
  {
    link_preview_options,
    reply_markup,
  }: { link_preview_options?: LinkPreviewOptions | undefined; reply_markup?: unknown },
): Draft {
  const draft: Draft = { text: content.text };
  if (content.entities.length > 0) draft.entities = content.entities;
  if (link_preview_options !== undefined) draft.link_preview_options = link_preview_options;
  // One without buttons removes what is there.
  if (isKeyboard(reply_markup) && reply_markup.inline_keyboard.length > 0) draft.reply_markup = reply_markup;
  return draft;
}

export function isKeyboard(value: unknown): value is NonNullable<Message["reply_markup"]> {
  return typeof value === "object" && value !== null && "inline_keyboard" in value;
}

/** @throws ApiError 400 for what the bot did not write */
export function checkEditable(bot: BotAccount, stored: StoredMessage): void {
  if (!isBy(bot, stored)) throw badRequest("message can't be edited");
}

function isBy(bot: BotAccount, { author }: StoredMessage): boolean {
  return author.kind === "bot" && author.bot === bot;
}

export function notModified(): ApiError {
  return badRequest(
    "message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message",
  );
}

function isSame(message: Message, draft: Draft): boolean {
  const picture = ({ text: body, entities: marks = [], reply_markup: markup }: Draft) =>
    JSON.stringify([body, marks, markup]);
  return picture(message) === picture(draft);
}
