import type { Message } from "@grammyjs/types";
import type { z } from "zod";
import { checkReachable, checkTopicOpen, findChat, findThread } from "../access.js";
import { bool, chatId, integer, text } from "../params.js";
import type { Draft } from "../world.js";
import { findReply, quoteOf, replyParameters } from "./messages.js";
import type { MethodContext } from "./method.js";

/** Where a message goes, and what it answers: parameters that all methods share which send one. */
export const place = {
  chat_id: chatId.default(""),
  message_thread_id: integer.optional(),
  reply_parameters: replyParameters.optional(),
  // Taken and without effect here.
  disable_notification: bool.optional(),
  protect_content: bool.optional(),
  allow_paid_broadcast: bool.optional(),
  message_effect_id: text.optional(),
};

export type Place = z.output<z.ZodObject<typeof place>>;

/** Checks where the message goes, and gives what posts it there. */
export function placeOf({ world, bot }: MethodContext, params: Place): (draft: Draft) => Message {
  const chat = findChat(world, bot, params.chat_id);
  const thread = findThread(chat, params.message_thread_id);
  const reply = params.reply_parameters ?? { message_id: 0 };
  const replyTo = findReply(chat, reply, params.chat_id);
  const quote = replyTo === undefined ? undefined : quoteOf(replyTo.message, reply);
  checkReachable(chat);
  checkTopicOpen(chat, bot, thread ?? replyTo?.message.message_thread_id);
  return (draft) =>
    world.post(chat, { kind: "bot", bot }, { ...draft, ...quote }, { replyTo, thread }).message;
}
