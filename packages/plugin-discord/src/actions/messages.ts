import {
  type Action,
  defineAction,
  fileFields,
  hasOneSource,
  ownMessageActions,
  Rejected,
  toAttachments,
} from "@elizaos/connector-core";
import { PermissionFlagsBits as P, Routes } from "discord-api-types/v10";
import { z } from "zod";
import { type Channel, isThread } from "../directory.js";
import { MAX_FILES } from "../media/limits.js";
import { channelOf } from "../outbound.js";
import { messageId, snowflake } from "./input.js";
import { otherChannel, otherPlace, ownersChannel, ownersPlace } from "./places.js";
import { listMessage, showMessage, shownMessageSchema } from "./show.js";
import { ask, type Tools } from "./tools.js";

/** What an agent can take in at once; Discord gives up to 100 ("Get Channel Messages"). */
const MAX_HISTORY = 50;
const DEFAULT_HISTORY = 20;

const readInput = z.strictObject({ message: messageId, channel: ownersChannel });

const historyInput = z
  .strictObject({
    limit: z
      .int()
      .min(1)
      .max(MAX_HISTORY)
      .default(DEFAULT_HISTORY)
      .describe(`How many messages, up to ${MAX_HISTORY}.`),
    before: snowflake.optional().describe("Only messages older than the one with this id."),
    after: snowflake.optional().describe("Only messages newer than the one with this id."),
    around: snowflake.optional().describe("Messages before and after the one with this id."),
    channel: ownersChannel,
  })
  .refine((input) => [input.before, input.after, input.around].filter(Boolean).length <= 1, {
    error: "takes one of before, after and around",
  });

const file = z.strictObject(fileFields).refine(hasOneSource, { error: "needs either url or path" });

const sendInput = z
  .strictObject({
    text: z.string().optional().describe("The text, as Markdown. Long ones become several messages."),
    files: z.array(file).max(MAX_FILES).optional().describe(`Files to send, up to ${MAX_FILES}.`),
    replyTo: snowflake.optional().describe("Id of a message to quote, in the same channel."),
    channel: otherChannel,
    user: snowflake
      .optional()
      .describe("Id of a person to write to in private, only when an owner of the agent asks for it."),
  })
  .refine(({ text = "", files = [] }) => text.trim() !== "" || files.length > 0, {
    error: "needs a text or files",
  })
  .refine(({ channel, user }) => channel === undefined || user === undefined, {
    error: "goes either to a channel or to a user",
  });

export function messageActions(tools: Tools): readonly Action[] {
  if (!tools.config.actions.messages) return [];
  const read = defineAction({
    name: "messages.read",
    description: "Tells one message in full: author, text, files, reactions.",
    input: readInput,
    async run({ message, channel }, turn) {
      const to = await tools.direct.resolve(await ownersPlace(tools, turn, channel), turn.signal);
      const found = await ask(tools, shownMessageSchema, {
        call: "GET channel message",
        method: "GET",
        route: Routes.channelMessage(channelOf(to), message),
        signal: turn.signal,
      });
      return showMessage(found, { ...tools, server: to.space });
    },
  });
  const history = defineAction({
    name: "messages.history",
    description:
      "Tells the newest messages of this chat, or those around a message; oldest first, long ones cut.",
    input: historyInput,
    async run({ limit, before, after, around, channel }, turn) {
      const to = await tools.direct.resolve(await ownersPlace(tools, turn, channel), turn.signal);
      const query = new URLSearchParams({
        limit: String(limit),
        ...(before === undefined ? {} : { before }),
        ...(after === undefined ? {} : { after }),
        ...(around === undefined ? {} : { around }),
      });
      const found = await ask(tools, z.array(shownMessageSchema), {
        call: "GET channel messages",
        method: "GET",
        route: Routes.channelMessages(channelOf(to)),
        query,
        signal: turn.signal,
      });
      return { messages: found.map((each) => listMessage(each, { ...tools, server: to.space })).reverse() };
    },
  });
  const send = defineAction({
    name: "messages.send",
    description:
      "Sends a message beside your answer: to quote another message, to send a file, or to write in another channel. Your answer is sent by itself; do not send it with this.",
    input: sendInput,
    async run({ text = "", files = [], replyTo, channel, user }, turn) {
      if (user !== undefined && !turn.isOwner)
        throw new Rejected("Only an owner of the agent may have others written to in private.", {
          where: "user",
        });
      const attachments = toAttachments(turn, files);
      const results = await turn.perform({
        kind: "send",
        to:
          user === undefined
            ? await otherPlace(tools, turn, channel, speaking(files.length))
            : { chat: `user:${user}` },
        text,
        format: "markdown",
        ...(replyTo === undefined ? {} : { replyTo }),
        ...(attachments.length === 0 ? {} : { attachments }),
      });
      return { messages: results.flatMap(({ message }) => message ?? []) };
    },
  });
  const { edit, remove } = ownMessageActions({ messageId: snowflake });
  return [send, edit, remove, read, history];
}

/** What somebody needs to write in a channel themselves. */
function speaking(files: number) {
  return ({ type }: Channel) =>
    P.ViewChannel |
    (isThread(type) ? P.SendMessagesInThreads : P.SendMessages) |
    (files === 0 ? 0n : P.AttachFiles);
}
