import type { BotAccount } from "./bot.js";
import type { SimChat, StoredMessage } from "./chat.js";
import { ApiError, badRequest, forbidden } from "./errors.js";
import type { World } from "./world.js";

/**
 * The chat that a bot names, if it may write there. The order and the texts of refusals follow telegram-bot-api
 * (check_chat, check_chat_access).
 * @throws ApiError 400 or 403
 */
export function findChat(world: World, bot: BotAccount, chatId: string): SimChat {
  if (chatId === "") throw badRequest("chat_id is empty");
  const chat = chatId.startsWith("@") ? byUsername(world, chatId.slice(1)) : byId(world, bot, Number(chatId));
  if (chat === undefined) throw badRequest("chat not found");
  if (chat.peers !== undefined) return chat;
  const kind = chat.info.type === "private" ? "private" : chat.info.type;
  if (chat.migratedTo !== undefined) {
    throw new ApiError(400, "Bad Request: group chat was upgraded to a supergroup chat", {
      migrate_to_chat_id: chat.migratedTo,
    });
  }
  const status = chat.status(bot.user.id);
  if (status === "kicked") throw forbidden(`bot was kicked from the ${kind} chat`);
  if (status === "left") throw forbidden(`bot is not a member of the ${kind} chat`);
  if (status === undefined) {
    if (chatId.startsWith("@")) throw forbidden(`bot is not a member of the ${kind} chat`);
    throw badRequest("chat not found");
  }
  return chat;
}

/**
 * What the server refuses after everything else is checked.
 * @throws ApiError 403
 */
export function checkReachable(chat: SimChat): void {
  if (chat.peers?.user.is_bot === true) throw forbidden("bot can't send messages to bots");
  if (chat.blocked) throw forbidden("bot was blocked by the user");
  if (chat.peers !== undefined && !chat.started)
    throw forbidden("bot can't initiate conversation with a user");
}

/**
 * The forum topic that a request names; undefined for none. Groups without topics ignore it, and General is none:
 * its messages carry no thread id (check_message_topic).
 * @throws ApiError 400 "message thread not found"
 */
export function findThread(chat: SimChat, thread: number | undefined): number | undefined {
  if (thread === undefined || thread <= 0) return undefined;
  if (!chat.isForum && chat.info.type !== "private") return undefined;
  if (!chat.topics.has(thread)) throw badRequest("message thread not found");
  return thread;
}

/** @throws ApiError 400 "TOPIC_CLOSED" unless the bot is an administrator */
export function checkTopicOpen(chat: SimChat, bot: BotAccount, thread: number | undefined): void {
  const closed = thread !== undefined && chat.topics.get(thread)?.closed === true;
  if (closed && !chat.isAdmin(bot.user.id)) throw badRequest("TOPIC_CLOSED");
}

/** @throws ApiError 400 "<what> not found" */
export function findMessage(chat: SimChat, messageId: number, what: string): StoredMessage {
  const stored = chat.messages.get(messageId);
  if (stored === undefined) throw badRequest(`${what} not found`);
  return stored;
}

/** Groups and channels by id; people by id once the bot can know them: from a group, or because they wrote. */
function byId(world: World, bot: BotAccount, id: number): SimChat | undefined {
  if (!(id > 0)) return world.chats.get(String(id));
  const user = world.findUser(id);
  if (user === undefined || user.id === bot.user.id) return undefined;
  const chat = world.privateChat(bot, user);
  const shareGroup = [...world.chats.values()].some(
    (group) => group.isMember(bot.user.id) && group.members.has(user.id),
  );
  return chat.started || chat.blocked || user.is_bot || shareGroup ? chat : undefined;
}

function byUsername(world: World, username: string): SimChat | undefined {
  return [...world.chats.values()].find(
    (chat) => chat.info.type !== "private" && chat.info.username?.toLowerCase() === username.toLowerCase(),
  );
}
