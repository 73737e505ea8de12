import type { MentionKind, MessageContent, ReplyReference, TextRange } from "@elizaos/connector-core";
import { readAttachments } from "./attachments.js";
import { flattenBlocks } from "./rich.js";
import { readSender, userName } from "./sender.js";
import type { Bot, WireEntity, WireMessage, WireQuoted } from "./wire.js";

/** What a message says, or undefined for a service message. */
export function readContent(message: WireMessage, bot: Bot): MessageContent | undefined {
  const text = messageText(message);
  const attachments = readAttachments(message);
  if (text === undefined && attachments.length === 0) return undefined;
  const written = text ?? "";
  const entities = message.entities ?? message.caption_entities ?? [];
  const quoted = quotedMessage(message);
  const mention = mentionOf(written, entities, quoted, message, bot);
  const forwardedFrom = forwardOrigin(message);
  const ranges = entities.flatMap((entity) => readRange(entity, written, bot));
  return {
    text: written,
    ...(ranges.length === 0 ? {} : { ranges }),
    ...(attachments.length === 0 ? {} : { attachments }),
    ...(quoted === undefined ? {} : { replyTo: readReply(quoted, message, bot) }),
    ...(mention === undefined ? {} : { mentionsSelf: mention }),
    ...(message.media_group_id === undefined ? {} : { album: message.media_group_id }),
    ...(forwardedFrom === undefined ? {} : { forwardedFrom }),
    // A channel's post in its discussion group; the bot may have posted it itself (Bot API: Message.is_automatic_forward).
    ...(message.is_automatic_forward === true ? { isAutomatic: true } : {}),
  };
}

function messageText(message: WireMessage | WireQuoted): string | undefined {
  const { text, caption, rich_message: rich, dice, poll } = message;
  if (text !== undefined || caption !== undefined) return text ?? caption;
  if (rich !== undefined) return flattenBlocks(rich.blocks);
  if (dice !== undefined) return `${dice.emoji} ${dice.value}`;
  if (poll !== undefined)
    return [poll.question, ...poll.options.map((option) => `- ${option.text}`)].join("\n");
  return undefined;
}

/**
 * The message that is answered. In a forum every message that answers nothing points to the service message which
 * began its topic; that is no reply.
 */
function quotedMessage(message: WireMessage): WireQuoted | undefined {
  const quoted = message.reply_to_message;
  if (quoted === undefined || quoted.forum_topic_created !== undefined) return undefined;
  if (message.is_topic_message === true && quoted.message_id === message.message_thread_id) return undefined;
  return quoted;
}

function readReply(quoted: WireQuoted, message: WireMessage, bot: Bot): ReplyReference {
  const text = message.quote?.text ?? messageText(quoted);
  return {
    message: String(quoted.message_id),
    sender: readSender(quoted, bot),
    ...(text === undefined ? {} : { text }),
  };
}

/**
 * Whether the bot itself is meant. In a group `/command` without `@bot` may be for any bot there, so only the full form
 * counts; in private both do.
 */
function mentionOf(
  text: string,
  entities: readonly WireEntity[],
  quoted: WireQuoted | undefined,
  message: WireMessage,
  bot: Bot,
): MentionKind | undefined {
  const name = `@${bot.username}`.toLowerCase();
  const marked = (type: string) =>
    entities.filter((entity) => entity.type === type).map((entity) => slice(text, entity).toLowerCase());
  if (marked("mention").includes(name)) return "mention";
  if (entities.some((entity) => entity.type === "text_mention" && String(entity.user?.id) === bot.id))
    return "mention";
  const commands = marked("bot_command");
  if (commands.some((command) => command.endsWith(name))) return "command";
  if (message.chat.type === "private" && commands.some((command) => !command.includes("@"))) return "command";
  // A rich message has no entities; its mentions are found in its text.
  if (message.rich_message !== undefined && mentionsName(text.toLowerCase(), name)) return "mention";
  if (quoted?.from !== undefined && quoted.sender_chat === undefined && String(quoted.from.id) === bot.id)
    return "reply";
  return undefined;
}

function mentionsName(text: string, name: string): boolean {
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
    const isWord = (character: string) => /\w/.test(character);
    if (!isWord(text.charAt(at - 1)) && !isWord(text.charAt(at + name.length))) return true;
  }
  return false;
}

const RANGE_TYPES: Readonly<Record<string, TextRange["type"]>> = {
  mention: "mention",
  text_mention: "mention",
  bot_command: "command",
  url: "link",
  email: "link",
  text_link: "link",
  bold: "bold",
  italic: "italic",
  underline: "underline",
  strikethrough: "strike",
  spoiler: "spoiler",
  blockquote: "quote",
  expandable_blockquote: "quote",
  code: "code",
  pre: "pre",
  custom_emoji: "emoji",
};

/** Entities count UTF-16 units, as ranges do. Kinds that nobody reads (hashtags, phone numbers) are left out. */
function readRange(entity: WireEntity, text: string, bot: Bot): TextRange[] {
  const type = Object.hasOwn(RANGE_TYPES, entity.type) ? RANGE_TYPES[entity.type] : undefined;
  if (type === undefined || entity.offset + entity.length > text.length) return [];
  const written = slice(text, entity);
  const isSelf = entity.type === "mention" && written.toLowerCase() === `@${bot.username}`.toLowerCase();
  const user = entity.user === undefined ? (isSelf ? bot.id : undefined) : String(entity.user.id);
  const url =
    entity.url ??
    (entity.type === "url" ? written : entity.type === "email" ? `mailto:${written}` : undefined);
  return [
    {
      type,
      offset: entity.offset,
      length: entity.length,
      ...(url === undefined ? {} : { url }),
      ...(user === undefined ? {} : { user }),
      ...(entity.language === undefined ? {} : { language: entity.language }),
    },
  ];
}

function slice(text: string, entity: WireEntity): string {
  return text.slice(entity.offset, entity.offset + entity.length);
}

function forwardOrigin(message: WireMessage): string | undefined {
  const origin = message.forward_origin;
  if (origin === undefined) return undefined;
  if (origin.sender_user !== undefined) return userName(origin.sender_user);
  return origin.sender_user_name ?? (origin.sender_chat ?? origin.chat)?.title ?? "somebody";
}
