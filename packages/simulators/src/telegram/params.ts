import type { MessageEntity } from "@grammyjs/types";
import { z } from "zod";

/*
 * Telegram takes every parameter as text: "1", 1 and, in JSON, true are all fine. These schemas read them that way.
 * Messages are the descriptions of Telegram's own errors where it has one.
 */

export const text = z.union([z.string(), z.number().transform(String), z.boolean().transform(String)]);

export const integer = z.union([
  z.int(),
  z
    .string()
    .regex(/^\s*-?\d+\s*$/)
    .transform(Number),
]);

export const bool = z.union([z.boolean(), z.string(), z.number()]).transform((value) => {
  return typeof value === "boolean" ? value : /^\s*(?:true|yes|1)\s*$/i.test(String(value));
});

/** As given, trimmed; whether such a chat exists is asked later. */
export const chatId = z.union([z.string(), z.int()]).transform((value) => String(value).trim());

/** A JSON value, or the same serialised. */
export function json<S extends z.ZodType>(schema: S, cannotParse: string) {
  return z.unknown().transform((value, context): z.output<S> => {
    let parsed = value;
    if (typeof value === "string") {
      try {
        parsed = JSON.parse(value);
      } catch {
        context.addIssue({ code: "custom", message: `can't parse ${cannotParse} JSON object` });
        return z.NEVER;
      }
    }
    const result = schema.safeParse(parsed);
    if (result.success) return result.data;
    const [issue] = result.error.issues;
    const path = issue?.path.join(".");
    const where = path === undefined || path === "" ? "" : ` field "${path}":`;
    context.addIssue({ code: "custom", message: `can't parse ${cannotParse}:${where} ${issue?.message}` });
    return z.NEVER;
  });
}

const span = { offset: integer, length: integer };

const user = z.looseObject({
  id: z.int(),
  is_bot: z.boolean().default(false),
  first_name: z.string().default(""),
});

export const entities = json(
  z.array(
    z.discriminatedUnion("type", [
      z.object({
        ...span,
        type: z.enum([
          "mention",
          "hashtag",
          "cashtag",
          "bot_command",
          "url",
          "email",
          "phone_number",
          "bold",
          "italic",
          "underline",
          "strikethrough",
          "spoiler",
          "blockquote",
          "expandable_blockquote",
          "code",
        ]),
      }),
      z.object({ ...span, type: z.literal("pre"), language: z.string().exactOptional() }),
      z.object({ ...span, type: z.literal("text_link"), url: z.string() }),
      z.object({ ...span, type: z.literal("text_mention"), user }),
      z.object({ ...span, type: z.literal("custom_emoji"), custom_emoji_id: z.string() }),
    ]),
  ),
  "MessageEntity",
).transform((list): MessageEntity[] => list);

const MAX_CALLBACK_BYTES = 64;

const inlineButton = z.looseObject({
  text: z.string().min(1, "Inline keyboard button text must be non-empty"),
  callback_data: z
    .string()
    .refine((data) => data !== "" && Buffer.byteLength(data) <= MAX_CALLBACK_BYTES, "BUTTON_DATA_INVALID")
    .exactOptional(),
  url: z
    .string()
    .refine((url) => /^(?:https?|tg):$/.test(URL.parse(url)?.protocol ?? ""), "BUTTON_URL_INVALID")
    .exactOptional(),
});
const CODES = ["BUTTON_DATA_INVALID", "BUTTON_URL_INVALID"];

const inlineKeyboard = z.looseObject({ inline_keyboard: z.array(z.array(inlineButton)) });
const otherMarkup = z.union([
  z.looseObject({ keyboard: z.array(z.array(z.unknown())) }),
  z.looseObject({ remove_keyboard: z.literal(true) }),
  z.looseObject({ force_reply: z.literal(true) }),
]);

export type InlineKeyboard = z.output<typeof inlineKeyboard>;

/** Inline keyboards are checked and kept; other keyboards only checked for their form. */
export const replyMarkup = z.unknown().transform((value, context): InlineKeyboard | undefined => {
  let parsed = value;
  if (typeof value === "string") {
    try {
      parsed = JSON.parse(value);
    } catch {
      context.addIssue({ code: "custom", message: "can't parse reply keyboard markup JSON object" });
      return z.NEVER;
    }
  }
  if (otherMarkup.safeParse(parsed).success) return undefined;
  const result = inlineKeyboard.safeParse(parsed);
  const problem = result.success ? emptyButton(result.data) : result.error.issues[0]?.message;
  if (result.success && problem === undefined) return result.data;
  context.addIssue({
    code: "custom",
    message: CODES.includes(problem ?? "") ? problem : `can't parse inline keyboard button: ${problem}`,
  });
  return z.NEVER;
});

/** A button must do something (InlineKeyboardButton: exactly one of the optional fields). */
function emptyButton({ inline_keyboard: rows }: InlineKeyboard): string | undefined {
  const idle = rows.flat().some((button) => Object.keys(button).length < 2);
  return idle ? "Text buttons are unallowed in the inline keyboard" : undefined;
}
