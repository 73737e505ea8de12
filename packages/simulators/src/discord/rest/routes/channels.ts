import { ChannelType, GatewayDispatchEvents as E, OverwriteType } from "discord-api-types/v10";
import { z } from "zod";
import type { Channel } from "../../channel.js";
import { ApiError, missingPermissions, unknown } from "../../errors.js";
import { text } from "../../form.js";
import { channelPayload } from "../../render.js";
import { snowflake } from "../../snowflake.js";
import { channelIn, guildIn, has, idIn, need, P } from "../find.js";
import { type Context, nothing, route } from "../route.js";
import { threadArchived } from "./messages.js";

const AUTO_ARCHIVE = z.union([z.literal(60), z.literal(1_440), z.literal(4_320), z.literal(10_080)]);
const bits = z.union([z.string().regex(/^\d+$/), z.int().transform(String)]);
const overwriteField = z.object({
  id: snowflake,
  type: z.enum(OverwriteType),
  allow: bits.default("0"),
  deny: bits.default("0"),
});
const tagField = z.object({
  id: snowflake.optional(),
  name: text(20, 1),
  moderated: z.boolean().default(false),
  emoji_id: snowflake.nullable().default(null),
  emoji_name: z.string().nullable().default(null),
});

const getChannel = route("getChannel", "GET /channels/:channel", nothing, (context) =>
  channelPayload(channelIn(context), context.bot.id),
);

/** Kinds of channels that a bot can make in a server. */
const MADE = new Set([
  ChannelType.GuildText,
  ChannelType.GuildVoice,
  ChannelType.GuildCategory,
  ChannelType.GuildAnnouncement,
  ChannelType.GuildStageVoice,
  ChannelType.GuildForum,
  ChannelType.GuildMedia,
]);

const settings = {
  name: text(100, 1),
  position: z.int().nullish(),
  topic: text(1024).nullish(),
  nsfw: z.boolean().nullish(),
  rate_limit_per_user: z.int().min(0).max(21_600).nullish(),
  permission_overwrites: z.array(overwriteField).nullish(),
  parent_id: snowflake.nullish(),
  available_tags: z.array(tagField).max(20).nullish(),
};

const createGuildChannel = route(
  "createGuildChannel",
  "POST /guilds/:guild/channels",
  { ...nothing, body: z.object({ ...settings, type: z.enum(ChannelType).default(ChannelType.GuildText) }) },
  (context) => {
    const { world, input, bot } = context;
    const guild = guildIn(context, P.ManageChannels);
    if (!MADE.has(input.type)) throw new ApiError(400, 50024, "Cannot execute action on this channel type");
    const parent = input.parent_id == null ? undefined : world.channels.get(input.parent_id);
    const channel = world.addChannel({
      type: input.type,
      name: channelName(input.name, input.type),
      guild,
      ...(parent !== undefined && { parent }),
      position: input.position ?? world.channelsOf(guild).length,
    });
    apply(context, channel, input);
    world.announceChannel(E.ChannelCreate, channel);
    return channelPayload(channel, bot.id);
  },
);

const modifyChannel = route(
  "modifyChannel",
  "PATCH /channels/:channel",
  {
    ...nothing,
    body: z.object({
      ...settings,
      name: text(100, 1).optional(),
      type: z.enum(ChannelType).optional(),
      archived: z.boolean().optional(),
      locked: z.boolean().optional(),
      auto_archive_duration: AUTO_ARCHIVE.optional(),
      invitable: z.boolean().optional(),
      applied_tags: z.array(snowflake).max(5).optional(),
      flags: z.int().optional(),
    }),
  },
  (context) => {
    const { world, input, bot } = context;
    const channel = channelIn(context);
    if (channel.isDm) throw new ApiError(403, 50003, "Cannot execute action on a DM channel");
    if (channel.thread !== undefined) modifyThread(context, channel, input);
    else need(context, channel, P.ManageChannels);
    if (input.name !== undefined)
      channel.name = channel.thread === undefined ? channelName(input.name, channel.type) : input.name;
    apply(context, channel, input);
    world.announceChannel(channel.thread === undefined ? E.ChannelUpdate : E.ThreadUpdate, channel);
    return channelPayload(channel, bot.id);
  },
);

const deleteChannel = route("deleteChannel", "DELETE /channels/:channel", nothing, (context) => {
  const { world, bot } = context;
  const channel = channelIn(context);
  const payload = channelPayload(channel, bot.id);
  if (channel.isDm) return payload;
  need(context, channel, channel.thread === undefined ? P.ManageChannels : P.ManageThreads);
  for (const thread of world.threadsOf(channel)) world.channels.delete(thread.id);
  world.announceChannel(channel.thread === undefined ? E.ChannelDelete : E.ThreadDelete, channel);
  world.channels.delete(channel.id);
  return payload;
});

const editChannelPermissions = route(
  "editChannelPermissions",
  "PUT /channels/:channel/permissions/:overwrite",
  { ...nothing, body: overwriteField.omit({ id: true }) },
  (context) => {
    const channel = channelIn(context, P.ManageRoles);
    const id = idIn(context, "overwrite");
    const { input } = context;
    const isThere = channel.guild?.roles.has(id) === true || channel.guild?.members.has(id) === true;
    if (!isThere) throw new ApiError(404, 10009, "Unknown Overwrite");
    channel.overwrites = [...channel.overwrites.filter((entry) => entry.id !== id), { id, ...input }];
    context.world.announceChannel(E.ChannelUpdate, channel);
  },
);

const deleteChannelPermission = route(
  "deleteChannelPermission",
  "DELETE /channels/:channel/permissions/:overwrite",
  nothing,
  (context) => {
    const channel = channelIn(context, P.ManageRoles);
    const id = idIn(context, "overwrite");
    channel.overwrites = channel.overwrites.filter((entry) => entry.id !== id);
    context.world.announceChannel(E.ChannelUpdate, channel);
  },
);

interface Settings {
  topic?: string | null | undefined;
  nsfw?: boolean | null | undefined;
  position?: number | null | undefined;
  rate_limit_per_user?: number | null | undefined;
  permission_overwrites?: z.output<typeof overwriteField>[] | null | undefined;
  parent_id?: string | null | undefined;
  available_tags?: z.output<typeof tagField>[] | null | undefined;
}

function apply({ world }: Context, channel: Channel, input: Settings): void {
  if (input.topic !== undefined) channel.topic = input.topic;
  if (input.nsfw != null) channel.nsfw = input.nsfw;
  if (input.position != null) channel.position = input.position;
  if (input.rate_limit_per_user !== undefined) channel.rateLimitPerUser = input.rate_limit_per_user ?? 0;
  if (input.permission_overwrites != null) channel.overwrites = input.permission_overwrites;
  if (input.parent_id !== undefined) {
    const category = input.parent_id === null ? undefined : world.channels.get(input.parent_id);
    if (input.parent_id !== null && category === undefined) throw unknown("Channel");
    channel.category = category;
  }
  if (input.available_tags != null)
    channel.tags = input.available_tags.map(({ id = world.ids.next(), ...tag }) => ({ id, ...tag }));
}

function modifyThread(
  context: Context,
  channel: Channel,
  input: {
    name?: string | undefined;
    archived?: boolean | undefined;
    locked?: boolean | undefined;
    auto_archive_duration?: number | undefined;
    invitable?: boolean | undefined;
    applied_tags?: string[] | undefined;
  },
): void {
  const { thread } = channel;
  if (thread === undefined) return;
  const manages = has(context, channel, P.ManageThreads);
  const owns = thread.ownerId === context.bot.id;
  const onlyOpens = Object.keys(input).every((key) => key === "archived" || key === "locked");
  if (thread.archived && !(onlyOpens && input.archived === false)) throw threadArchived();
  const reopens = input.archived === false && !thread.locked;
  if (!manages && !owns && !reopens) throw missingPermissions();
  if ((input.locked !== undefined || (thread.locked && input.archived === false)) && !manages)
    throw missingPermissions();
  if (input.archived !== undefined) {
    thread.archived = input.archived;
    thread.archivedAt = context.world.time;
  }
  if (input.locked !== undefined) thread.locked = input.locked;
  if (input.auto_archive_duration !== undefined) thread.autoArchive = input.auto_archive_duration;
  if (input.invitable !== undefined) thread.invitable = input.invitable;
  if (input.applied_tags !== undefined) thread.appliedTags = input.applied_tags;
}

/** Names of text channels have no spaces and no capitals. */
function channelName(name: string, type: ChannelType): string {
  const isPlain =
    type === ChannelType.GuildText ||
    type === ChannelType.GuildAnnouncement ||
    type === ChannelType.GuildForum;
  return isPlain ? name.toLowerCase().replaceAll(/\s+/g, "-") : name;
}

export const channelRoutes = [
  getChannel,
  createGuildChannel,
  modifyChannel,
  deleteChannel,
  editChannelPermissions,
  deleteChannelPermission,
];
