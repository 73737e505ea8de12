import { findChat } from "../access.js";
import type { BotAccount } from "../bot.js";
import type { SimChat, Topic } from "../chat.js";
import { badRequest } from "../errors.js";
import { chatId, integer, text } from "../params.js";
import type { Draft } from "../world.js";
import { type MethodContext, method } from "./method.js";

/** Bot API: createForumTopic, name. A longer one is cut (TDLib, clean_name). */
const MAX_NAME = 128;
const ICON_COLORS = [0x6fb9f0, 0xffd67e, 0xcb86db, 0x8eee98, 0xff93b2, 0xfb6f5f];

const topicId = { chat_id: chatId.default(""), message_thread_id: integer.default(0) };

export const createForumTopic = method(
  "createForumTopic",
  { chat_id: chatId.default(""), name: text.default(""), icon_color: integer.optional() },
  ({ world, bot }, params) => {
    const chat = findForum({ world, bot }, params.chat_id);
    if (!chat.can(bot.user.id, "can_manage_topics")) throw badRequest("not enough rights to create a topic");
    const name = nameOf(params.name);
    if (name === "") throw badRequest("title must be non-empty");
    const icon_color = params.icon_color ?? 0x6fb9f0;
    if (!ICON_COLORS.includes(icon_color)) throw badRequest("invalid icon color specified");
    const { message } = world.post(
      chat,
      { kind: "bot", bot },
      { forum_topic_created: { name, icon_color } },
      { thread: chat.peekMessageId() },
    );
    chat.topics.set(message.message_id, {
      id: message.message_id,
      name,
      closed: false,
      creator: bot.user.id,
    });
    world.changed();
    return { message_thread_id: message.message_id, name, icon_color };
  },
);

export const editForumTopic = method(
  "editForumTopic",
  { ...topicId, name: text.default("") },
  (context, params) => {
    const { chat, topic } = findTopic(context, params, "edit the topic");
    const name = nameOf(params.name);
    if (name === "" || name === topic.name) throw badRequest("TOPIC_NOT_MODIFIED");
    topic.name = name;
    return tell(context, chat, topic, { forum_topic_edited: { name } });
  },
);

export const closeForumTopic = method("closeForumTopic", topicId, (context, params) => {
  const { chat, topic } = findTopic(context, params, "close or open the topic");
  if (topic.closed) throw badRequest("TOPIC_NOT_MODIFIED");
  topic.closed = true;
  return tell(context, chat, topic, { forum_topic_closed: {} });
});

export const reopenForumTopic = method("reopenForumTopic", topicId, (context, params) => {
  const { chat, topic } = findTopic(context, params, "close or open the topic");
  if (!topic.closed) throw badRequest("TOPIC_NOT_MODIFIED");
  topic.closed = false;
  return tell(context, chat, topic, { forum_topic_reopened: {} });
});

function findForum({ world, bot }: Pick<MethodContext, "world" | "bot">, id: string): SimChat {
  const chat = findChat(world, bot, id);
  if (!chat.isForum) throw badRequest("the chat is not a forum");
  return chat;
}

/** A topic that the bot may change: as an administrator with the right, or because it made it (Bot API: editForumTopic). */
function findTopic(
  context: MethodContext,
  { chat_id, message_thread_id }: { chat_id: string; message_thread_id: number },
  what: string,
): { chat: SimChat; topic: Topic } {
  const chat = findForum(context, chat_id);
  const topic = chat.topics.get(message_thread_id);
  if (topic === undefined) throw badRequest("TOPIC_ID_INVALID");
  const { id } = context.bot.user;
  if (!chat.can(id, "can_manage_topics") && topic.creator !== id)
    throw badRequest(`not enough rights to ${what}`);
  return { chat, topic };
}

function tell(
  { world, bot }: { world: MethodContext["world"]; bot: BotAccount },
  chat: SimChat,
  topic: Topic,
  draft: Draft,
): true {
  world.post(chat, { kind: "bot", bot }, draft, { thread: topic.id });
  world.changed();
  return true;
}

function nameOf(written: string): string {
  return [...written.trim()].slice(0, MAX_NAME).join("");
}
