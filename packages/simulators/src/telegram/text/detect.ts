import type { MessageEntity } from "@grammyjs/types";
import { sortEntities } from "./sort.js";

type DetectedType = "mention" | "hashtag" | "cashtag" | "bot_command" | "url" | "email";

const WORD = String.raw`[\p{L}\p{N}_]`;
const TAG = String.raw`[\p{L}\p{Nd}_\u200c\u00b7]`;

/** What Telegram finds in plain text by itself. Web addresses without a scheme: the most usual top-level domains. */
const PATTERNS: readonly [DetectedType, RegExp][] = [
  ["mention", new RegExp(`(?<!${WORD})@[a-zA-Z0-9_]{4,32}(?!${WORD})`, "gu")],
  [
    "bot_command",
    new RegExp(`(?<!${WORD}|[/<>])/[a-zA-Z0-9_]{1,64}(?:@[a-zA-Z0-9_]{3,32})?(?!${WORD}|[/<>])`, "gu"),
  ],
  ["hashtag", new RegExp(`(?<!${TAG})#(?=${TAG}*\\p{L})${TAG}{1,256}(?!${TAG}|#)`, "gu")],
  ["cashtag", new RegExp(`(?<!\\$|${TAG})\\$(?:1INCH|[A-Z]{1,8})(?!\\$|${TAG})`, "gu")],
  ["url", /\b(?:https?|ftp|tg|ton):\/\/[^\s<>"']*[^\s<>"'.,!?;:)\]}]/giu],
  [
    "url",
    /(?<![\p{L}\p{N}_@./-])(?:[\p{L}\p{N}-]+\.)+(?:com|org|net|io|dev|me|ai|app|co|info|ru|de|uk|eu)(?![\p{L}\p{N}_-])(?:[/?#][^\s<>"']*[^\s<>"'.,!?;:)\]}])?/giu,
  ],
  ["email", /(?<![\p{L}\p{N}_.+-])[a-z0-9][a-z0-9_.+-]*@(?:[a-z0-9-]+\.)+[a-z]{2,}(?![\p{L}\p{N}_-])/giu],
];

/** Entities that styles may overlap; all others cannot overlap each other. */
const STYLES = new Set<MessageEntity["type"]>(["bold", "italic", "underline", "strikethrough", "spoiler"]);
const QUOTES = new Set<MessageEntity["type"]>(["blockquote", "expandable_blockquote"]);

/** Adds the mentions, commands, links and so on that stand in the text, where no given entity is in the way. */
export function withDetectedEntities(text: string, entities: readonly MessageEntity[]): MessageEntity[] {
  const found = PATTERNS.flatMap(([type, pattern]) =>
    [...text.matchAll(pattern)].map((match) => ({ type, offset: match.index, length: match[0].length })),
  );
  const taken = entities.filter((entity) => !STYLES.has(entity.type) && !QUOTES.has(entity.type));
  const added: MessageEntity[] = [];
  for (const entity of sortEntities(found)) {
    if (![...taken, ...added].some((other) => overlaps(entity, other))) added.push(entity);
  }
  return sortEntities([...entities, ...added]);
}

function overlaps(a: MessageEntity, b: MessageEntity): boolean {
  return a.offset < b.offset + b.length && b.offset < a.offset + a.length;
}
