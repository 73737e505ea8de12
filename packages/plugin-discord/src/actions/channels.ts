import { type Action, defineAction, Rejected, type Sender } from "@elizaos/connector-core";
import { ChannelType, PermissionFlagsBits as P, Routes } from "discord-api-types/v10";
import { z } from "zod";
import { isDirect } from "../directory.js";
import { channelOf } from "../outbound.js";
import { atMost, because, reason, snowflake } from "./input.js";
import { otherChannel, otherPlace, policyRefusal } from "./places.js";
import { overwritesField, standingOf } from "./standing.js";
import { ask, type ServerAddress, type Tools } from "./tools.js";

/** Discord: "Modify Channel". */
const MAX_NAME = 100;
const MAX_TOPIC = 1_024;
const MAX_FORUM_TOPIC = 4_096;
const MAX_SLOWMODE_SECONDS = 21_600;
/** A server has up to 500 ("Guild Channel limits"); this many are told. */
const MAX_LISTED = 200;

const TYPES = {
  text: ChannelType.GuildText,
  voice: ChannelType.GuildVoice,
  category: ChannelType.GuildCategory,
  announcement: ChannelType.GuildAnnouncement,
  stage: ChannelType.GuildStageVoice,
  forum: ChannelType.GuildForum,
} as const;

const settings = {
  name: atMost(MAX_NAME).describe(
    `Its name, up to ${MAX_NAME} characters; text channels have neither spaces nor capitals.`,
  ),
  topic: atMost(MAX_TOPIC, 0)
    .optional()
    .describe(`What it is about, up to ${MAX_TOPIC} characters; empty for nothing.`),
  slowmodeSeconds: z
    .int()
    .min(0)
    .max(MAX_SLOWMODE_SECONDS)
    .optional()
    .describe(`Wait between two messages of one member, up to ${MAX_SLOWMODE_SECONDS} s; 0 for none.`),
  category: snowflake.optional().describe("Id of the category that it stands in."),
  reason,
};

const getInput = z.strictObject({ channel: otherChannel });
const listInput = z.strictObject({});
const createInput = z.strictObject({
  ...settings,
  type: z
    .enum(["text", "voice", "category", "announcement", "stage", "forum"])
    .default("text")
    .describe("What kind of channel."),
});
const editInput = z
  .strictObject({ ...settings, name: settings.name.optional(), channel: otherChannel })
  .refine(
    ({ name, topic, slowmodeSeconds, category }) =>
      [name, topic, slowmodeSeconds, category].some((each) => each !== undefined),
    { error: "changes nothing; give name, topic, slowmodeSeconds or category" },
  );
const deleteInput = z.strictObject({
  channel: snowflake.describe(
    "Id of the channel or thread, also for this one: it is gone with all its messages.",
  ),
  reason,
});

const channelSchema = z.object({
  id: z.string(),
  type: z.int(),
  name: z.string().nullish(),
  topic: z.string().max(MAX_FORUM_TOPIC).nullish(),
  parent_id: z.string().nullish(),
  position: z.int().optional(),
  nsfw: z.boolean().optional(),
  rate_limit_per_user: z.int().nullish(),
  member_count: z.int().optional(),
  thread_metadata: z.object({ archived: z.boolean(), locked: z.boolean().optional() }).optional(),
  available_tags: z.array(z.object({ id: z.string(), name: z.string() })).optional(),
});
type ShownChannel = z.infer<typeof channelSchema>;

export function channelInfoActions(tools: Tools): readonly Action[] {
  if (!tools.config.actions.channelInfo) return [];
  const get = defineAction({
    name: "channels.get",
    description: "Tells about this channel, thread or private chat, or another channel of the server.",
    input: getInput,
    async run({ channel }, turn) {
      const to = await tools.direct.resolve(await otherPlace(tools, turn, channel), turn.signal);
      const found = await ask(tools, channelSchema, {
        call: "GET channel",
        method: "GET",
        route: Routes.channel(channelOf(to)),
        signal: turn.signal,
      });
      return showChannel(found);
    },
  });
  return [get];
}

const listedSchema = channelSchema.extend({ permission_overwrites: overwritesField });
type ListedChannel = z.output<typeof listedSchema>;

/** Those in which the policy would hear this sender, and which they see themselves. */
async function shownTo(
  sender: Sender,
  tools: Tools,
  channels: readonly ListedChannel[],
  server: string,
  signal: AbortSignal,
): Promise<readonly ListedChannel[]> {
  const standing = await standingOf(tools, { server, user: sender.id }, signal);
  return channels.filter(
    ({ id, permission_overwrites: overwrites }) =>
      policyRefusal(tools, { space: server, chat: id }, sender) === undefined &&
      (standing({ overwrites, isThread: false }) & P.ViewChannel) !== 0n,
  );
}

/** What needs a server. */
export function serverChannelActions(tools: Tools, here: ServerAddress): readonly Action[] {
  const { actions } = tools.config;
  const { space: server } = here;
  const list = defineAction({
    name: "channels.list",
    description: "Lists the channels of the server in which you take part.",
    input: listInput,
    async run(_, { event, signal, isOwner }) {
      const found = await ask(tools, z.array(listedSchema), {
        call: "GET server channels",
        method: "GET",
        route: Routes.guildChannels(server),
        signal,
      });
      const channels = found.filter(({ type }) => type !== ChannelType.GuildCategory);
      const shown = isOwner ? channels : await shownTo(event.sender, tools, channels, server, signal);
      return { channels: shown.slice(0, MAX_LISTED).map(listChannel), more: shown.length > MAX_LISTED };
    },
  });
  return [...(actions.channelInfo ? [list] : []), ...(actions.channels ? changes(tools, here) : [])];
}

function changes(tools: Tools, { space: server }: ServerAddress): readonly Action[] {
  const create = defineAction({
    name: "channels.create",
    description: "Makes a channel in this server.",
    input: createInput,
    async run({ type, reason, ...input }, { signal }) {
      const made = await ask(tools, channelSchema, {
        call: "POST server channel",
        method: "POST",
        route: Routes.guildChannels(server),
        body: { ...toBody(input), type: TYPES[type] },
        signal,
        ...because(reason),
      });
      tools.directory.learnChannel(made, server);
      return showChannel(made);
    },
  });
  const edit = defineAction({
    name: "channels.edit",
    description: "Changes name, topic, slow mode or category of this channel or another of the server.",
    input: editInput,
    async run({ channel, reason, ...input }, turn) {
      const id = channelOf(await otherPlace(tools, turn, channel, managing));
      const changed = await ask(tools, channelSchema, {
        call: "PATCH channel",
        method: "PATCH",
        route: Routes.channel(id),
        body: toBody(input),
        signal: turn.signal,
        // It says how things are to be, and makes nothing.
        isRepeatable: true,
        ...because(reason),
      });
      return showChannel(changed);
    },
  });
  const remove = defineAction({
    name: "channels.delete",
    description: "Deletes a channel or thread of this server with all its messages, for ever.",
    input: deleteInput,
    async run({ channel, reason }, turn) {
      const to = await otherPlace(tools, turn, channel, managing);
      if (to.space === undefined) throw new Rejected("A private chat is not deleted.", { where: "channel" });
      await tools.rest.call({
        call: "DELETE channel",
        method: "DELETE",
        route: Routes.channel(channelOf(to)),
        signal: turn.signal,
        ...because(reason),
      });
      return { deleted: channel };
    },
  });
  return [create, edit, remove];
}

function managing(): bigint {
  return P.ViewChannel | P.ManageChannels;
}

interface Settings {
  readonly name?: string | undefined;
  readonly topic?: string | undefined;
  readonly slowmodeSeconds?: number | undefined;
  readonly category?: string | undefined;
}

function toBody({ name, topic, slowmodeSeconds, category }: Settings) {
  return {
    ...(name === undefined ? {} : { name }),
    ...(topic === undefined ? {} : { topic: topic === "" ? null : topic }),
    ...(slowmodeSeconds === undefined ? {} : { rate_limit_per_user: slowmodeSeconds }),
    ...(category === undefined ? {} : { parent_id: category }),
  };
}

function listChannel({ id, type, name, topic, parent_id: category }: ShownChannel) {
  return {
    id,
    type: typeName(type),
    name: name ?? "",
    ...(topic ? { topic } : {}),
    ...(category ? { category } : {}),
  };
}

function showChannel(channel: ShownChannel) {
  if (isDirect(channel.type)) return { id: channel.id, type: typeName(channel.type) };
  const { nsfw, rate_limit_per_user: slowmode, member_count: members, thread_metadata: thread } = channel;
  return {
    ...listChannel(channel),
    ...(nsfw === true ? { ageRestricted: true } : {}),
    ...(slowmode ? { slowmodeSeconds: slowmode } : {}),
    ...(members === undefined ? {} : { members }),
    ...(thread === undefined ? {} : { archived: thread.archived, locked: thread.locked === true }),
    ...(channel.available_tags === undefined
      ? {}
      : { tags: channel.available_tags.map(({ id, name }) => ({ id, name })) }),
  };
}

/** Such as `GuildText` in words. */
function typeName(type: number): string {
  const [known] = Object.entries(TYPES).find(([, each]) => each === type) ?? [];
  if (known !== undefined) return known;
  if (isDirect(type)) return "private";
  if (type === ChannelType.PrivateThread) return "private thread";
  return type === ChannelType.PublicThread || type === ChannelType.AnnouncementThread ? "thread" : "other";
}
