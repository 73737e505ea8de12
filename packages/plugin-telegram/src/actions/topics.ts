import {
  type Action,
  type ActionContext,
  type Address,
  ConnectorError,
  defineAction,
  Rejected,
  Unknown,
} from "@elizaos/connector-core";
import { z } from "zod";
import { toChatId } from "../ids.js";
import { atMost, elsewhere } from "./input.js";
import type { Tools } from "./tools.js";

/** Bot API: createForumTopic. */
const MAX_NAME = 128;
const COLORS = {
  blue: 0x6fb9f0,
  yellow: 0xffd67e,
  purple: 0xcb86db,
  green: 0x8eee98,
  pink: 0xff93b2,
  red: 0xfb6f5f,
} as const;

const name = atMost(MAX_NAME, "Bot API: createForumTopic").describe(
  `The topic's name, up to ${MAX_NAME} characters.`,
);
const topic = elsewhere.topic.describe(
  "Id of a topic of this group. Leave it out for the topic of this conversation.",
);

const createInput = z.strictObject({
  name,
  color: z
    .enum(["blue", "yellow", "purple", "green", "pink", "red"])
    .optional()
    .describe("Colour of its icon."),
});
const editInput = z.strictObject({ topic, name });
const topicInput = z.strictObject({ topic });

const made = z.looseObject({ message_thread_id: z.int() });

/** Only supergroups have topics, and their ids begin so (Bot API: Chat.id). */
export function topicActions({ config: { actions }, request }: Tools, { chat }: Address): readonly Action[] {
  if (!actions.topics || !chat.startsWith("-100")) return [];
  const create = defineAction({
    name: "topics.create",
    description: "Makes a topic in this group. Its id is for messages.send and the other actions on topics.",
    input: createInput,
    async run({ name, color }, { to, signal: until }) {
      const icon = color === undefined ? {} : { icon_color: COLORS[color] };
      const answer: unknown = await request(
        "createForumTopic",
        (raw, signal) => raw.createForumTopic({ chat_id: toChatId(to.chat), name, ...icon }, signal),
        until,
      );
      const topic = made.safeParse(answer);
      if (!topic.success)
        throw new Unknown("Telegram made the topic, but its answer does not name it.", {
          where: "createForumTopic",
        });
      return { topic: String(topic.data.message_thread_id), name };
    },
  });
  const edit = defineAction({
    name: "topics.edit",
    description: "Gives a topic of this group another name.",
    input: editInput,
    async run({ topic, name }, context) {
      const place = topicOf(context, topic);
      await unlessSo(
        request(
          "editForumTopic",
          (raw, signal) => raw.editForumTopic({ ...place, name }, signal),
          context.signal,
        ),
      );
      return { topic: String(place.message_thread_id), name };
    },
  });
  const close = defineAction({
    name: "topics.close",
    description: "Closes a topic of this group: only administrators can write there then.",
    input: topicInput,
    async run({ topic }, context) {
      const place = topicOf(context, topic);
      await unlessSo(
        request("closeForumTopic", (raw, signal) => raw.closeForumTopic(place, signal), context.signal),
      );
      return { topic: String(place.message_thread_id), closed: true };
    },
  });
  const reopen = defineAction({
    name: "topics.reopen",
    description: "Opens a closed topic of this group again.",
    input: topicInput,
    async run({ topic }, context) {
      const place = topicOf(context, topic);
      await unlessSo(
        request("reopenForumTopic", (raw, signal) => raw.reopenForumTopic(place, signal), context.signal),
      );
      return { topic: String(place.message_thread_id), closed: false };
    },
  });
  return [create, edit, close, reopen];
}

function topicOf({ to }: ActionContext, topic = to.thread) {
  if (topic === undefined || topic === "1")
    throw new Rejected("This is the General topic, which stays as it is; name another one by its id.", {
      where: "topic",
    });
  return { chat_id: toChatId(to.chat), message_thread_id: Number(topic) };
}

/** Telegram refuses what changes nothing; then things are as they should be. */
async function unlessSo(change: Promise<unknown>): Promise<void> {
  try {
    await change;
  } catch (error) {
    if (!ConnectorError.isInstance(error) || !/TOPIC_NOT_MODIFIED/.test(error.message)) throw error;
  }
}
