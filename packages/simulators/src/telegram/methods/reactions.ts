import type { ReactionType, ReactionTypeEmoji } from "@grammyjs/types";
import { z } from "zod";
import { findChat, findMessage } from "../access.js";
import { badRequest } from "../errors.js";
import { bool, chatId, integer, json, text } from "../params.js";
import { method } from "./method.js";

/** ReactionTypeEmoji (Bot API) */
const EMOJI: readonly ReactionTypeEmoji["emoji"][] = [
  "👍",
  "👎",
  "❤",
  "🔥",
  "🥰",
  "👏",
  "😁",
  "🤔",
  "🤯",
  "😱",
  "🤬",
  "😢",
  "🎉",
  "🤩",
  "🤮",
  "💩",
  "🙏",
  "👌",
  "🕊",
  "🤡",
  "🥱",
  "🥴",
  "😍",
  "🐳",
  "❤‍🔥",
  "🌚",
  "🌭",
  "💯",
  "🤣",
  "⚡",
  "🍌",
  "🏆",
  "💔",
  "🤨",
  "😐",
  "🍓",
  "🍾",
  "💋",
  "🖕",
  "😈",
  "😴",
  "😭",
  "🤓",
  "👻",
  "👨‍💻",
  "👀",
  "🎃",
  "🙈",
  "😇",
  "😨",
  "🤝",
  "✍",
  "🤗",
  "🫡",
  "🎅",
  "🎄",
  "☃",
  "💅",
  "🤪",
  "🗿",
  "🆒",
  "💘",
  "🙉",
  "🦄",
  "😘",
  "💊",
  "🙊",
  "😎",
  "👾",
  "🤷‍♂",
  "🤷",
  "🤷‍♀",
  "😡",
];

/** Emoji outside the fixed list count as no reaction. */
export function reactionOf(emoji: string): ReactionType | undefined {
  const known = EMOJI.find((candidate) => candidate === emoji);
  return known === undefined ? undefined : { type: "emoji", emoji: known };
}

const reactions = json(
  z.array(
    z.discriminatedUnion("type", [
      z.object({ type: z.literal("emoji"), emoji: z.string() }),
      z.object({ type: z.literal("custom_emoji"), custom_emoji_id: z.string() }),
    ]),
  ),
  "ReactionType",
);

export const setMessageReaction = method(
  "setMessageReaction",
  {
    chat_id: chatId.default(""),
    message_id: integer.default(0),
    reaction: reactions.optional(),
    is_big: bool.optional(),
  },
  ({ world, bot }, { chat_id, message_id, reaction = [] }) => {
    const chat = findChat(world, bot, chat_id);
    const stored = findMessage(chat, message_id, "message to react");
    // Bots may set one reaction per message.
    if (reaction.length > 1) throw badRequest("REACTIONS_TOO_MANY");
    const set = reaction.map((wanted) => {
      const known = wanted.type === "emoji" ? reactionOf(wanted.emoji) : undefined;
      if (known === undefined) throw badRequest("REACTION_INVALID");
      return known;
    });
    stored.reactions.set(bot.user.id, set);
    world.changed();
    return true;
  },
);

const MAX_ANSWER_UNITS = 200;

export const answerCallbackQuery = method(
  "answerCallbackQuery",
  {
    callback_query_id: text.default(""),
    text: text.optional(),
    show_alert: bool.optional(),
    url: text.optional(),
    cache_time: integer.optional(),
  },
  ({ world, bot }, params) => {
    const callback = bot.callbacks.get(params.callback_query_id);
    if (callback === undefined || callback.answer !== undefined) {
      throw badRequest("query is too old and response timeout expired or query ID is invalid");
    }
    if ((params.text?.length ?? 0) > MAX_ANSWER_UNITS) throw badRequest("MESSAGE_TOO_LONG");
    callback.answer = {
      ...(params.text === undefined ? {} : { text: params.text }),
      ...(params.show_alert === undefined ? {} : { show_alert: params.show_alert }),
      ...(params.url === undefined ? {} : { url: params.url }),
    };
    world.changed();
    return true;
  },
);
