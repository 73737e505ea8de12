import { type ActionContext, type Address, placeOf } from "@elizaos/connector-core";
import { z } from "zod";

/** Ids of messages and topics are positive numbers (Bot API: Message.message_id). */
const id = z
  .union([z.string(), z.number()])
  .transform(String)
  .refine((written) => /^[1-9]\d{0,15}$/.test(written), { error: "must be a number, such as 123" });

export const messageId = id.describe("The message's id, a number.");

/** For actions that may go to another chat. */
export const elsewhere = {
  chat: z
    .union([z.string(), z.number()])
    .transform(String)
    .refine((written) => /^-?[1-9]\d{0,15}$/.test(written), {
      error: "must be a chat's id, such as -1001234567890",
    })
    .optional()
    .describe("Id of another chat, only when an owner of the agent asks for it. Leave it out for this chat."),
  topic: id
    .optional()
    .describe("Id of a forum topic of that chat. Leave it out for the topic of this conversation."),
};

/** Where an action goes. Throws `Rejected` for another chat or topic in a turn that is no owner's. */
export function addressed(
  context: ActionContext,
  { chat, topic }: { readonly chat?: string | undefined; readonly topic?: string | undefined },
): Address {
  return placeOf(context, { chat, thread: topic });
}

/** What counts as one character to Telegram outside of message texts (TDLib, utf8_length). */
export function atMost(max: number, what: string) {
  return z
    .string()
    .trim()
    .min(1)
    .refine((text) => [...text].length <= max, { error: `must have at most ${max} characters (${what})` });
}
