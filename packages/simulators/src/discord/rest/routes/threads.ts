import { ChannelType } from "discord-api-types/v10";
import { z } from "zod";
import type { Channel } from "../../channel.js";
import { ApiError, invalidField, unknown } from "../../errors.js";
import { flag, text, wholeNumber } from "../../form.js";
import { channelPayload, fullMemberPayload, threadMemberPayload } from "../../render.js";
import { byId, snowflake } from "../../snowflake.js";
import { openThread, setThreadMember } from "../../threads.js";
import { checkNotEmpty, messageFields, readContent } from "../content.js";
import { channelIn, idIn, messageIn, need, P } from "../find.js";
import { type Context, nothing, route } from "../route.js";
import { stickersFor } from "../stickers.js";
import { show, threadArchived } from "./messages.js";

const threadFields = {
  name: text(100, 1),
  auto_archive_duration: z
    .union([z.literal(60), z.literal(1_440), z.literal(4_320), z.literal(10_080)])
    .nullish(),
  rate_limit_per_user: z.int().min(0).max(21_600).nullish(),
};

const startThreadFromMessage = route(
  "startThreadFromMessage",
  "POST /channels/:channel/messages/:message/threads",
  // discord.js sends the last two here too, where the channel decides.
  {
    ...nothing,
    body: z.object({
      ...threadFields,
      type: z.enum(ChannelType).optional(),
      invitable: z.boolean().optional(),
    }),
  },
  (context) => {
    const { world, bot, input } = context;
    const channel = channelIn(context, P.CreatePublicThreads);
    checkHoldsThreads(channel);
    const starter = messageIn(context, channel);
    if (world.channels.has(starter.message.id))
      throw new ApiError(400, 160004, "A thread has already been created for this message");
    const type =
      channel.type === ChannelType.GuildAnnouncement
        ? ChannelType.AnnouncementThread
        : ChannelType.PublicThread;
    const thread = openThread(world, channel, { ...options(input), ownerId: bot.id, type, starter });
    return channelPayload(thread, bot.id);
  },
);

const startThread = route(
  "startThreadWithoutMessage",
  "POST /channels/:channel/threads",
  {
    ...nothing,
    body: z.object({
      ...threadFields,
      type: z.enum(ChannelType).default(ChannelType.PrivateThread),
      invitable: z.boolean().optional(),
      // In a forum.
      applied_tags: z.array(snowflake).max(5).optional(),
      message: z.object({ ...messageFields, sticker_ids: z.array(snowflake).max(3).nullish() }).optional(),
    }),
  },
  (context) => {
    const { world, bot, input } = context;
    const channel = channelIn(context);
    if (channel.isForum) return startForumThread(context, channel, input);
    checkHoldsThreads(channel);
    const isPrivate = input.type === ChannelType.PrivateThread;
    need(context, channel, isPrivate ? P.CreatePrivateThreads : P.CreatePublicThreads);
    const thread = openThread(world, channel, {
      ...options(input),
      ownerId: bot.id,
      type: input.type,
      ...(input.invitable !== undefined && { invitable: input.invitable }),
    });
    return channelPayload(thread, bot.id);
  },
);

/** A post: a thread with its first message, which has the same id as the thread. */
function startForumThread(
  context: Context,
  forum: Channel,
  input: z.output<z.ZodObject<typeof threadFields>> & {
    applied_tags?: string[] | undefined;
    message?: (Parameters<typeof readContent>[2] & { sticker_ids?: string[] | null | undefined }) | undefined;
  },
): object {
  const { world, bot } = context;
  need(context, forum, P.SendMessages);
  if (input.message === undefined)
    throw invalidField("message", "BASE_TYPE_REQUIRED", "This field is required");
  const strange = input.applied_tags?.find((id) => !forum.tags.some((tag) => tag.id === id));
  if (strange !== undefined) throw invalidField("applied_tags", "FORUM_TAG_UNKNOWN", "Unknown forum tag");
  const content = readContent(world, forum, input.message, context.body);
  const stickers = stickersFor(context, forum, input.message.sticker_ids ?? []);
  checkNotEmpty(content, stickers.length > 0);
  const thread = openThread(world, forum, {
    ...options(input),
    ownerId: bot.id,
    type: ChannelType.PublicThread,
    ...(input.applied_tags !== undefined && { appliedTags: input.applied_tags }),
  });
  const stored = world.messages.post(thread, {
    author: bot.user,
    bot,
    ...content,
    id: thread.id,
    allowedMentions: input.message.allowed_mentions ?? undefined,
    ...(stickers.length > 0 && { stickers }),
  });
  return { ...channelPayload(thread, bot.id), message: show(context, bot, thread, stored) };
}

function options(input: z.output<z.ZodObject<typeof threadFields>>) {
  return {
    name: input.name,
    ...(input.auto_archive_duration != null && { autoArchive: input.auto_archive_duration }),
    ...(input.rate_limit_per_user != null && { rateLimitPerUser: input.rate_limit_per_user }),
  };
}

function checkHoldsThreads({ type }: Channel): void {
  if (type !== ChannelType.GuildText && type !== ChannelType.GuildAnnouncement)
    throw new ApiError(400, 50024, "Cannot execute action on this channel type");
}

function threadIn(context: Context): Channel {
  const channel = channelIn(context);
  if (channel.thread === undefined)
    throw new ApiError(400, 50024, "Cannot execute action on this channel type");
  return channel;
}

function openThreadIn(context: Context): Channel {
  const channel = threadIn(context);
  if (channel.thread?.archived === true) throw threadArchived();
  return channel;
}

const joinThread = route("joinThread", "PUT /channels/:channel/thread-members/@me", nothing, (context) =>
  setThreadMember(context.world, openThreadIn(context), context.bot.id, true),
);

const leaveThread = route("leaveThread", "DELETE /channels/:channel/thread-members/@me", nothing, (context) =>
  setThreadMember(context.world, openThreadIn(context), context.bot.id, false),
);

const addThreadMember = route(
  "addThreadMember",
  "PUT /channels/:channel/thread-members/:user",
  nothing,
  (context) => {
    const channel = openThreadIn(context);
    const userId = idIn(context, "user");
    if (channel.guild?.members.has(userId) !== true) throw unknown("Member");
    setThreadMember(context.world, channel, userId, true);
  },
);

const removeThreadMember = route(
  "removeThreadMember",
  "DELETE /channels/:channel/thread-members/:user",
  nothing,
  (context) => {
    const channel = openThreadIn(context);
    const mayAsOwner =
      channel.type === ChannelType.PrivateThread && channel.thread?.ownerId === context.bot.id;
    if (!mayAsOwner) need(context, channel, P.ManageThreads);
    setThreadMember(context.world, channel, idIn(context, "user"), false);
  },
);

function memberOf(channel: Channel, userId: string, withMember: boolean): object {
  const joined = channel.thread?.members.get(userId);
  if (joined === undefined) throw unknown("Member");
  const member = channel.guild?.members.get(userId);
  return {
    ...threadMemberPayload(channel, userId, joined),
    ...(withMember && member !== undefined && { member: fullMemberPayload(member) }),
  };
}

const getThreadMember = route(
  "getThreadMember",
  "GET /channels/:channel/thread-members/:user",
  { ...nothing, query: z.object({ with_member: flag.default(false) }) },
  (context) => {
    const userId = context.params.get("user") === "@me" ? context.bot.id : idIn(context, "user");
    return memberOf(threadIn(context), userId, context.search.with_member);
  },
);

const listThreadMembers = route(
  "listThreadMembers",
  "GET /channels/:channel/thread-members",
  {
    ...nothing,
    query: z.object({
      with_member: flag.default(false),
      after: snowflake.optional(),
      limit: wholeNumber(1, 100).default(100),
    }),
  },
  (context) => {
    const channel = threadIn(context);
    const { with_member: withMember, limit, after = "0" } = context.search;
    return [...(channel.thread?.members.keys() ?? [])]
      .filter((id) => byId(id, after) > 0)
      .sort(byId)
      .slice(0, limit)
      .map((id) => memberOf(channel, id, withMember));
  },
);

const page = { before: z.string().optional(), limit: wholeNumber(2, 100).default(50) };

/** Archived threads, the ones that were archived last first. */
function archived(
  context: Context,
  types: readonly ChannelType[],
  before: string | undefined,
  limit: number,
  joined = false,
) {
  const channel = channelIn(context, P.ReadMessageHistory);
  const until = before === undefined || joined ? Number.POSITIVE_INFINITY : Date.parse(before);
  const found = context.world
    .threadsOf(channel)
    .filter(({ type, thread }) => thread?.archived === true && types.includes(type))
    .filter(({ thread }) => !joined || thread?.members.has(context.bot.id) === true)
    .filter(({ id, thread }) =>
      joined && before !== undefined ? byId(id, before) < 0 : Date.parse(thread?.archivedAt ?? "") < until,
    )
    .sort((a, b) => Date.parse(b.thread?.archivedAt ?? "") - Date.parse(a.thread?.archivedAt ?? ""));
  const threads = found.slice(0, limit).map((thread) => channelPayload(thread, context.bot.id));
  const members = found
    .slice(0, limit)
    .flatMap((thread) =>
      thread.thread?.members.has(context.bot.id) ? memberOf(thread, context.bot.id, false) : [],
    );
  return { threads, members, has_more: found.length > limit };
}

const PUBLIC = [ChannelType.PublicThread, ChannelType.AnnouncementThread];

const listPublicArchivedThreads = route(
  "listPublicArchivedThreads",
  "GET /channels/:channel/threads/archived/public",
  { ...nothing, query: z.object(page) },
  (context) => archived(context, PUBLIC, context.search.before, context.search.limit),
);

const listPrivateArchivedThreads = route(
  "listPrivateArchivedThreads",
  "GET /channels/:channel/threads/archived/private",
  { ...nothing, query: z.object(page) },
  (context) => {
    need(context, channelIn(context), P.ManageThreads);
    return archived(context, [ChannelType.PrivateThread], context.search.before, context.search.limit);
  },
);

const listJoinedPrivateArchivedThreads = route(
  "listJoinedPrivateArchivedThreads",
  "GET /channels/:channel/users/@me/threads/archived/private",
  { ...nothing, query: z.object(page) },
  (context) =>
    archived(context, [ChannelType.PrivateThread], context.search.before, context.search.limit, true),
);

export const threadRoutes = [
  startThreadFromMessage,
  startThread,
  joinThread,
  leaveThread,
  addThreadMember,
  removeThreadMember,
  getThreadMember,
  listThreadMembers,
  listPublicArchivedThreads,
  listPrivateArchivedThreads,
  listJoinedPrivateArchivedThreads,
];
