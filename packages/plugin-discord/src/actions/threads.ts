import { type Action, type ActionContext, defineAction, Rejected } from "@elizaos/connector-core";
import { ChannelType, Routes } from "discord-api-types/v10";
import { z } from "zod";
import { NO_PINGS } from "../outbound.js";
import { MAX_TEXT, toMessage } from "../text.js";
import { atMost, because, reason, snowflake } from "./input.js";
import { channelNamed } from "./places.js";
import { ask, type ServerAddress, type Tools } from "./tools.js";

/** Discord: "Start Thread from Message". */
const MAX_NAME = 100;
/** Discord: "Start Thread in Forum or Media Channel". */
const MAX_TAGS = 5;
/** Discord gives up to 100 ("List Public Archived Threads"). */
const MAX_LISTED = 50;

const name = atMost(MAX_NAME).describe(`The thread's name, up to ${MAX_NAME} characters.`);

const createInput = z
  .strictObject({
    name,
    message: snowflake
      .optional()
      .describe(
        "Id of a message of this channel that the thread hangs from. Leave it out for a thread of its own.",
      ),
    private: z.boolean().default(false).describe("Only those who are mentioned in it or added see it."),
    text: atMost(MAX_TEXT)
      .optional()
      .describe(`In a forum, where threads are posts: the post's text, up to ${MAX_TEXT} characters.`),
    tags: z
      .array(snowflake)
      .max(MAX_TAGS)
      .optional()
      .describe(`In a forum: ids of up to ${MAX_TAGS} tags, as channels.get tells them.`),
    archiveAfterMinutes: z
      .union([z.literal(60), z.literal(1_440), z.literal(4_320), z.literal(10_080)])
      .optional()
      .describe("It is archived after so long without a message. Leave it out for the channel's own."),
    reason,
  })
  .refine((input) => input.message === undefined || !input.private, {
    error: "a thread that hangs from a message is not private",
    path: ["private"],
  });
const listInput = z.strictObject({
  archived: z.boolean().default(false).describe("Those in the archive instead of the active ones."),
  before: z.iso
    .datetime({ offset: true })
    .optional()
    .describe("Of archived ones: those that were archived before this time."),
});
const archiveInput = z.strictObject({
  thread: snowflake.optional().describe("Id of a thread of this channel. Leave it out for this one."),
  archived: z.boolean().default(true).describe("False opens it again."),
  locked: z.boolean().optional().describe("Only those who manage threads can open it again."),
  reason,
});

const threadSchema = z.object({
  id: z.string(),
  name: z.string().nullish(),
  type: z.int(),
  parent_id: z.string().nullish(),
  message_count: z.int().optional(),
  thread_metadata: z
    .object({
      archived: z.boolean(),
      locked: z.boolean().optional(),
      archive_timestamp: z.string().optional(),
    })
    .optional(),
});
const threadsSchema = z.object({ threads: z.array(threadSchema), has_more: z.boolean().optional() });

/** Of the turn's channel: a thread's are those of the channel that it is in. */
export function threadActions(tools: Tools, { space: server, chat }: ServerAddress): readonly Action[] {
  if (!tools.config.actions.threads) return [];
  const create = defineAction({
    name: "threads.create",
    description:
      "Begins a thread in this channel, or a post where the channel is a forum. Write there with messages.send.",
    input: createInput,
    async run({ name, message, archiveAfterMinutes, reason, ...begun }, turn) {
      const { type } = await channelNamed(tools, turn, chat);
      const made = await ask(tools, threadSchema, {
        call: "POST thread",
        method: "POST",
        route: Routes.threads(chat, message),
        body: {
          name,
          ...(archiveAfterMinutes === undefined ? {} : { auto_archive_duration: archiveAfterMinutes }),
          ...(isForum(type)
            ? await postBody({ message, ...begun }, tools)
            : threadBody({ message, ...begun }, type)),
        },
        signal: turn.signal,
        ...because(reason),
      });
      tools.directory.learnChannel(made, server);
      return { thread: made.id, name: made.name ?? name };
    },
  });
  const list = defineAction({
    name: "threads.list",
    description: "Lists the threads of this channel; in a forum its posts. Private ones are left out.",
    input: listInput,
    async run({ archived, before }, { signal }) {
      const page = new URLSearchParams({
        limit: String(MAX_LISTED),
        ...(before === undefined ? {} : { before }),
      });
      const found = await ask(
        tools,
        threadsSchema,
        archived
          ? {
              call: "GET archived threads",
              method: "GET",
              route: Routes.channelThreads(chat, "public"),
              query: page,
              signal,
            }
          : { call: "GET active threads", method: "GET", route: Routes.guildActiveThreads(server), signal },
      );
      const here = found.threads.filter(
        ({ parent_id: parent, type }) => parent === chat && type !== ChannelType.PrivateThread,
      );
      return {
        threads: here.slice(0, MAX_LISTED).map(showThread),
        more: found.has_more === true || here.length > MAX_LISTED,
      };
    },
  });
  const archive = defineAction({
    name: "threads.archive",
    description: "Puts a thread of this channel into the archive, or opens it again.",
    input: archiveInput,
    async run({ thread, archived, locked, reason }, turn) {
      const id = await threadOf(tools, turn, thread);
      await tools.rest.call({
        call: "PATCH thread",
        method: "PATCH",
        route: Routes.channel(id),
        body: { archived, ...(locked === undefined ? {} : { locked }) },
        signal: turn.signal,
        isRepeatable: true,
        ...because(reason),
      });
      return { thread: id, archived };
    },
  });
  return [create, list, archive];
}

interface Begun {
  readonly message: string | undefined;
  readonly private: boolean;
  readonly text?: string | undefined;
  readonly tags?: readonly string[] | undefined;
}

function isForum(channel: number): boolean {
  return channel === ChannelType.GuildForum || channel === ChannelType.GuildMedia;
}

/** A post is a thread with a first message. */
async function postBody(
  { message, private: isPrivate, text, tags }: Begun,
  { config }: Tools,
): Promise<object> {
  if (text === undefined)
    throw new Rejected("This channel is a forum; a post needs text.", { where: "text" });
  if (message !== undefined || isPrivate)
    throw new Rejected(
      "This channel is a forum; its posts are neither private nor do they hang from a message.",
      {
        where: isPrivate ? "private" : "message",
      },
    );
  const content = await toMessage({ text, format: "markdown" }, config);
  if (content === undefined)
    throw new Rejected(`The text is longer than the ${MAX_TEXT} characters that one message holds.`, {
      where: "text",
    });
  return { message: { content, allowed_mentions: NO_PINGS }, ...(tags && { applied_tags: tags }) };
}

function threadBody({ message, private: isPrivate, text, tags }: Begun, channel: number): object {
  if (text !== undefined || tags !== undefined)
    throw new Rejected("This channel is no forum; write into the thread with messages.send.", {
      where: text === undefined ? "tags" : "text",
    });
  // A thread that hangs from a message is of its channel's kind.
  if (message !== undefined) return {};
  if (isPrivate) return { type: ChannelType.PrivateThread };
  const isAnnouncing = channel === ChannelType.GuildAnnouncement;
  return { type: isAnnouncing ? ChannelType.AnnouncementThread : ChannelType.PublicThread };
}

async function threadOf(tools: Tools, turn: ActionContext, named = turn.to.thread): Promise<string> {
  if (named === undefined) throw new Rejected("This is no thread; name one by its id.", { where: "thread" });
  if (named === turn.to.thread) return named;
  const { parent, type } = await channelNamed(tools, turn, named);
  const isHidden = type === ChannelType.PrivateThread && !turn.isOwner;
  if (parent !== turn.to.chat || isHidden)
    throw new Rejected(`${named} is no public thread of this channel.`, { where: "thread" });
  return named;
}

function showThread({
  id,
  name,
  message_count: messages,
  thread_metadata: meta,
}: z.infer<typeof threadSchema>) {
  return {
    id,
    name: name ?? "",
    ...(messages === undefined ? {} : { messages }),
    ...(meta?.locked === true ? { locked: true } : {}),
    ...(meta?.archived === true && meta.archive_timestamp !== undefined
      ? { archivedAt: meta.archive_timestamp }
      : {}),
  };
}
