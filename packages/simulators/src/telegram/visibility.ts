import type { BotAccount } from "./bot.js";
import type { SimChat, StoredMessage } from "./chat.js";

/**
 * Whether Telegram gives this message to the bot (Bot features, "Privacy mode" and "Bot-to-bot communication").
 * A bot's own messages never come back to it.
 */
export function isVisibleTo(bot: BotAccount, chat: SimChat, stored: StoredMessage): boolean {
  const { author } = stored;
  if (author.kind === "bot" && author.bot === bot) return false;
  if (chat.peers !== undefined) return chat.peers.bot === bot;
  if (!chat.isMember(bot.user.id)) return false;
  if (chat.info.type === "channel") return true;
  const seesAll = !bot.privacyMode || chat.isAdmin(bot.user.id);
  const byBot = author.kind === "bot" || (author.kind === "user" && author.user.is_bot);
  if (byBot) {
    const otherAllows = author.kind === "bot" && author.bot.botToBot;
    if (bot.botToBot && seesAll) return true;
    return (bot.botToBot || otherAllows) && (namesInCommand(bot, stored) || repliesTo(bot, chat, stored));
  }
  return seesAll || isService(stored) || isMeantFor(bot, chat, stored);
}

function isMeantFor(bot: BotAccount, chat: SimChat, stored: StoredMessage): boolean {
  return (
    repliesTo(bot, chat, stored) ||
    namesInCommand(bot, stored) ||
    mentions(bot, stored) ||
    stored.message.via_bot?.id === bot.user.id ||
    // A command without a name belongs to the bot that spoke last, or to all while none has spoken.
    (commands(stored).some((command) => !command.includes("@")) &&
      (chat.lastBot === undefined || chat.lastBot === bot.user.id))
  );
}

function repliesTo(bot: BotAccount, chat: SimChat, stored: StoredMessage): boolean {
  const id = stored.message.reply_to_message?.message_id;
  const author = id === undefined ? undefined : chat.messages.get(id)?.author;
  return author?.kind === "bot" && author.bot === bot;
}

function namesInCommand(bot: BotAccount, stored: StoredMessage): boolean {
  return commands(stored).some((command) => command.endsWith(`@${bot.user.username.toLowerCase()}`));
}

function mentions(bot: BotAccount, stored: StoredMessage): boolean {
  return entitiesOf(stored).some(
    ({ entity, text }) =>
      (entity.type === "mention" && text.toLowerCase() === `@${bot.user.username.toLowerCase()}`) ||
      (entity.type === "text_mention" && entity.user.id === bot.user.id),
  );
}

function commands(stored: StoredMessage): string[] {
  return entitiesOf(stored)
    .filter(({ entity }) => entity.type === "bot_command")
    .map(({ text }) => text.toLowerCase());
}

function entitiesOf({ message }: StoredMessage) {
  const text = message.text ?? message.caption ?? "";
  const entities = message.entities ?? message.caption_entities ?? [];
  return entities.map((entity) => ({
    entity,
    text: text.slice(entity.offset, entity.offset + entity.length),
  }));
}

/** Telegram itself says that something was done. */
export function isService({ message }: Pick<StoredMessage, "message">): boolean {
  return (
    message.new_chat_members !== undefined ||
    message.left_chat_member !== undefined ||
    message.migrate_to_chat_id !== undefined ||
    message.migrate_from_chat_id !== undefined ||
    message.forum_topic_created !== undefined ||
    message.forum_topic_edited !== undefined ||
    message.forum_topic_closed !== undefined ||
    message.forum_topic_reopened !== undefined ||
    message.pinned_message !== undefined ||
    message.new_chat_title !== undefined
  );
}
