import type { BotCommand, User } from "@grammyjs/types";
import { findChat } from "./access.js";
import type { BotAccount } from "./bot.js";
import type { SimChat } from "./chat.js";
import { badRequest } from "./errors.js";
import type { World } from "./world.js";

/** Where a list of commands holds (Bot API: BotCommandScope). */
export type CommandScope =
  | { type: "default" | "all_private_chats" | "all_group_chats" | "all_chat_administrators" }
  | { type: "chat" | "chat_administrators"; chat_id: string | number }
  | { type: "chat_member"; chat_id: string | number; user_id: number };

/**
 * The key of a scope among a bot's lists of commands.
 * @throws ApiError 400 for a chat that the bot does not know, or that has no such scope (TDLib, BotCommandScope.cpp)
 */
export function scopeKey(world: World, bot: BotAccount, scope: CommandScope, language: string): string {
  if (!("chat_id" in scope)) return keyOf(scope.type, language);
  const chat = findChat(world, bot, String(scope.chat_id));
  if (chat.peers !== undefined && scope.type !== "chat")
    throw badRequest("can't use specified scope in private chats");
  if (chat.info.type === "channel") throw badRequest("can't change commands in channel chats");
  const member = scope.type === "chat_member" ? `:${scope.user_id}` : "";
  return keyOf(`${scope.type}:${chat.id}${member}`, language);
}

/** The commands that a person is shown in a chat: the narrowest list counts (Bot API: "Determining list of commands"). */
export function menuOf(bot: BotAccount, chat: SimChat, user: User): readonly BotCommand[] {
  const isAdmin = chat.isAdmin(user.id);
  const scopes =
    chat.peers === undefined
      ? [
          `chat_member:${chat.id}:${user.id}`,
          ...(isAdmin ? [`chat_administrators:${chat.id}`] : []),
          `chat:${chat.id}`,
          ...(isAdmin ? ["all_chat_administrators"] : []),
          "all_group_chats",
        ]
      : [`chat:${chat.id}`, "all_private_chats"];
  for (const scope of [...scopes, "default"]) {
    for (const language of [user.language_code ?? "", ""]) {
      const commands = bot.commands.get(keyOf(scope, language));
      if (commands !== undefined && commands.length > 0) return commands;
    }
  }
  return [];
}

function keyOf(scope: string, language: string): string {
  return `${scope}|${language}`;
}
