import type { Address, ButtonEvent, ChatInfo } from "@elizaos/connector-core";
import { z } from "zod";
import { readUser } from "./sender.js";
import { type Bot, chatSchema, messageSchema, userSchema, type WireMessage } from "./wire.js";

/** Telegram does not give what is in a message that is too old, only where it stands (Bot API: InaccessibleMessage). */
const inaccessibleSchema = z.looseObject({
  chat: chatSchema,
  message_id: z.int().nonnegative(),
  date: z.literal(0),
});

/** Bot API: CallbackQuery. */
export const pressSchema = z.looseObject({
  id: z.string(),
  from: userSchema,
  message: z.union([inaccessibleSchema, messageSchema]).optional(),
  inline_message_id: z.string().optional(),
  data: z.string().optional(),
});

type WirePress = z.infer<typeof pressSchema>;

export interface PressContext {
  readonly bot: Bot;
  /** Unix time in ms: Telegram does not say when the button was pressed. */
  readonly now: number;
  readonly addressOf: (message: Pick<WireMessage, "chat" | "message_id">) => Address;
  readonly placeOf: (message: Pick<WireMessage, "chat" | "date">) => ChatInfo;
}

/** The press, or why it is none that can be served. */
export function readPress(
  { id, from, message, data }: WirePress,
  { bot, now, addressOf, placeOf }: PressContext,
): Omit<ButtonEvent, "order"> | { readonly declined: string } {
  if (message === undefined)
    return { declined: "its button hangs on a message that was sent in inline mode, which names no chat" };
  if (data === undefined) return { declined: "it is for a game, and games are not served" };
  return {
    kind: "button",
    keys: [`callback:${id}`],
    sentAt: now,
    address: addressOf(message),
    chat: placeOf(message),
    sender: readUser(from, bot),
    data,
  };
}
