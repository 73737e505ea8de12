import type { ButtonRows, ButtonsFeature } from "@elizaos/connector-core";
import type { InlineKeyboardMarkup } from "grammy/types";
import { z } from "zod";

/** Bot API: InlineKeyboardButton, callback_data. */
export const buttonsFeature: ButtonsFeature = { data: { max: 64, unit: "bytes" } };

/** The buttons of a stored call. */
export const keyboardSchema = z
  .array(
    z.array(
      z.union([
        z.object({ text: z.string(), data: z.string() }),
        z.object({ text: z.string(), url: z.string() }),
      ]),
    ),
  )
  .optional();

export type Keyboard = z.infer<typeof keyboardSchema>;

/** As a call keeps them; mutable, as zod gives them back. */
export function keyboardOf(buttons: ButtonRows | undefined): { keyboard?: NonNullable<Keyboard> } {
  return buttons === undefined
    ? {}
    : { keyboard: buttons.map((row) => row.map((button) => ({ ...button }))) };
}

/** Bot API: InlineKeyboardMarkup; one without rows removes what is there. */
export function markupOf(keyboard: Keyboard): { reply_markup?: InlineKeyboardMarkup } {
  if (keyboard === undefined) return {};
  const rows = keyboard.map((row) =>
    row.map((button) => ("url" in button ? button : { text: button.text, callback_data: button.data })),
  );
  return { reply_markup: { inline_keyboard: rows } };
}
