import { z } from "zod";
import type { Person, Said } from "../platform.js";

/*
 * What the admin door of the Telegram simulator says, as the chat needs it.
 */

export const message = z
  .object({
    message_id: z.number(),
    message_thread_id: z.number().optional(),
    chat: z.object({ id: z.number() }),
    text: z.string().default(""),
    reply_markup: z
      .object({ inline_keyboard: z.array(z.array(z.object({ text: z.string() }))).default([]) })
      .optional(),
  })
  .transform(
    ({ message_id, message_thread_id: thread, chat, text, reply_markup }): Said => ({
      id: String(message_id),
      chat: String(chat.id),
      thread: thread === undefined ? null : String(thread),
      text,
      buttons: (reply_markup?.inline_keyboard ?? []).flat().map((button) => button.text),
    }),
  );

export const person = z
  .object({ id: z.number(), first_name: z.string(), username: z.string().optional() })
  .transform(({ id, first_name: name, username }): Person => ({ id: String(id), name, username }));

export const state = z.object({
  bots: z.array(z.object({ username: z.string(), pendingUpdates: z.number() })),
  users: z.array(person),
  chats: z.array(z.object({ id: z.number(), type: z.string(), title: z.string() })),
});
