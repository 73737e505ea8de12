import type { MessageEntity } from "@grammyjs/types";
import { badRequest, simulatorRefusal } from "../errors.js";
import { withDetectedEntities } from "./detect.js";
import { type FindUser, type FormattedText, parseHtml } from "./html.js";
import { tidy } from "./tidy.js";

/** Of a message text, in UTF-16 units after entities are parsed (Bot API, sendMessage). */
const MAX_TEXT_UNITS = 4096;
/** Of the text with its markup, in bytes of UTF-8 (telegram-bot-api, get_formatted_text). */
const MAX_SOURCE_BYTES = 1 << 15;
/** Further entities of the sender are dropped (TDLib, MAX_USER_ENTITY_COUNT). */
const MAX_ENTITIES = 100;

/** Kinds that a sender may set; others are found by Telegram itself and ignored when given. */
const SETTABLE = new Set<MessageEntity["type"]>([
  "bold",
  "italic",
  "underline",
  "strikethrough",
  "spoiler",
  "blockquote",
  "expandable_blockquote",
  "code",
  "pre",
  "text_link",
  "text_mention",
  "custom_emoji",
]);

export interface FormatRequest {
  text: string;
  parseMode?: string | undefined;
  entities?: readonly MessageEntity[] | undefined;
  findUser: FindUser;
}

/**
 * Reads the text of a bot's request: markup or entities, bounds, clean-up, detected entities.
 * The limit on the length is checked later (`checkLength`), as Telegram does.
 * @throws ApiError 400
 */
export function formatText({ text, parseMode, entities = [], findUser }: FormatRequest): FormattedText {
  if (text === "") throw badRequest("message text is empty");
  if (Buffer.byteLength(text) > MAX_SOURCE_BYTES) throw badRequest("text is too long");
  const parsed = parse(text, parseMode, entities, findUser);
  const tidied = tidy(parsed);
  if (tidied.text === "") throw badRequest("message must be non-empty");
  return {
    text: tidied.text,
    entities: withDetectedEntities(tidied.text, tidied.entities.slice(0, MAX_ENTITIES)),
  };
}

/** @throws ApiError 400 "message is too long" */
export function checkLength({ text }: FormattedText): void {
  if (text.length > MAX_TEXT_UNITS) throw badRequest("message is too long");
}

function parse(
  text: string,
  parseMode: string | undefined,
  entities: readonly MessageEntity[],
  findUser: FindUser,
): FormattedText {
  const mode = parseMode?.toLowerCase() ?? "";
  if (mode === "html") return parseHtml(text, findUser);
  if (mode === "markdown" || mode === "markdownv2") {
    throw simulatorRefusal(`parse_mode ${parseMode} is not simulated; use HTML or entities.`);
  }
  if (mode !== "" && mode !== "none") throw badRequest("unsupported parse_mode");
  return { text, entities: entities.filter((entity) => SETTABLE.has(entity.type)) };
}
