import type { MessageEntity } from "@grammyjs/types";

/** Where entities cover the same text, the one that comes first here contains the others. */
const NESTING: readonly MessageEntity["type"][] = [
  "expandable_blockquote",
  "blockquote",
  "pre",
  "code",
  "text_link",
  "text_mention",
  "mention",
  "hashtag",
  "cashtag",
  "bot_command",
  "url",
  "email",
  "phone_number",
  "date_time",
  "bold",
  "italic",
  "underline",
  "strikethrough",
  "spoiler",
  "custom_emoji",
];

/** Telegram's order: by offset, the longer first, then by kind. */
export function sortEntities(entities: readonly MessageEntity[]): MessageEntity[] {
  return [...entities].sort(
    (a, b) => a.offset - b.offset || b.length - a.length || NESTING.indexOf(a.type) - NESTING.indexOf(b.type),
  );
}
