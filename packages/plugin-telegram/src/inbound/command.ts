import type { Bot, WireMessage } from "./wire.js";

/**
 * Name of the command that a message or caption begins with, lower case and without slash and bot (Bot API: MessageEntity,
 * `bot_command`). Undefined for one that names another bot, and for the parts of an album, which are one message together.
 */
export function commandOf(message: WireMessage, bot: Bot): string | undefined {
  if (message.media_group_id !== undefined) return undefined;
  const text = message.text ?? message.caption ?? "";
  const entities = message.entities ?? message.caption_entities ?? [];
  const first = entities.find(({ type, offset }) => type === "bot_command" && offset === 0);
  if (first === undefined) return undefined;
  const self = bot.username.toLowerCase();
  const [name = "", named = self] = text.slice(1, first.length).toLowerCase().split("@");
  return name !== "" && named === self ? name : undefined;
}
