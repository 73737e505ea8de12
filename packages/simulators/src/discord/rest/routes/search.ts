import { z } from "zod";
import { canSee, permissionsIn } from "../../access.js";
import type { Channel } from "../../channel.js";
import { ApiError, missingAccess } from "../../errors.js";
import { flag, text, wholeNumber } from "../../form.js";
import type { Message, StoredMessage } from "../../message.js";
import { channelPayload } from "../../render.js";
import { byId, snowflake } from "../../snowflake.js";
import { guildIn, P } from "../find.js";
import { Answer, nothing, route } from "../route.js";
import { show } from "./messages.js";

/** One or several in the query. */
function several<S extends z.ZodType>(item: S) {
  return z.union([item.transform((one) => [one]), z.array(item)]).optional();
}

const query = z.object({
  limit: wholeNumber(1, 25).default(25),
  offset: wholeNumber(0, 9_975).default(0),
  min_id: snowflake.optional(),
  max_id: snowflake.optional(),
  slop: wholeNumber(0, 100).default(2),
  content: text(1024).optional(),
  channel_id: several(snowflake),
  author_id: several(snowflake),
  author_type: several(z.enum(["user", "bot", "webhook", "-user", "-bot", "-webhook"])),
  mentions: several(snowflake),
  has: several(z.string().regex(/^-?(?:image|sound|video|file|sticker|embed|link|poll|snapshot)$/)),
  mention_everyone: flag.optional(),
  pinned: flag.optional(),
  sort_by: z.enum(["timestamp", "relevance"]).default("timestamp"),
  sort_order: z.enum(["asc", "desc"]).default("desc"),
  include_nsfw: flag.default(false),
});
type Query = z.output<typeof query>;

const searchGuildMessages = route(
  "searchGuildMessages",
  "GET /guilds/:guild/messages/search",
  { ...nothing, query },
  (context) => {
    const { world, bot, search } = context;
    const guild = guildIn(context);
    const now = world.clock.now();
    if (!bot.privileged.has("messageContent")) throw missingAccess();
    if (now < guild.searchableAt) {
      const retry_after = Math.ceil((guild.searchableAt - now) / 1000);
      const message = "Index not yet available. Try again later";
      return new Answer(202, { message, code: 110_000, documents_indexed: 0, retry_after });
    }
    const channels = world.channelsOf(guild).filter((channel) => {
      const reads = (permissionsIn(channel, bot.id, now) & P.ReadMessageHistory) !== 0n;
      const isMeant = search.channel_id === undefined || search.channel_id.includes(channel.id);
      return reads && isMeant && canSee(channel, bot.id, now) && (search.include_nsfw || !channel.nsfw);
    });
    const strange = search.channel_id?.find((id) => !channels.some((channel) => channel.id === id));
    if (strange !== undefined) throw new ApiError(403, 50001, "Missing Access");
    const found = channels
      .flatMap((channel) => channel.newest().map((stored) => ({ channel, stored })))
      .filter(({ stored }) => stored.ephemeralFor === undefined && fits(stored, search))
      .sort((a, b) => byId(b.stored.message.id, a.stored.message.id));
    if (search.sort_order === "asc") found.reverse();
    const page = found.slice(search.offset, search.offset + search.limit);
    const threads = [...new Set(page.map(({ channel }) => channel))].filter(
      ({ thread }) => thread !== undefined,
    );
    return {
      doing_deep_historical_index: false,
      total_results: found.length,
      messages: page.map(({ channel, stored }) => [withoutReactions(show(context, bot, channel, stored))]),
      ...(threads.length > 0 && {
        threads: threads.map((thread: Channel) => channelPayload(thread, bot.id)),
      }),
    };
  },
);

function withoutReactions({ reactions: _, ...message }: Message): object {
  return message;
}

function fits({ message }: StoredMessage, search: Query): boolean {
  const { content, author_id, author_type, mentions, min_id, max_id, has, pinned, mention_everyone } = search;
  const words = content?.toLowerCase().split(/\s+/) ?? [];
  const text = message.content.toLowerCase();
  return (
    words.every((word) => text.includes(word)) &&
    (author_id === undefined || author_id.includes(message.author.id)) &&
    (author_type === undefined ||
      author_type.every((wanted) => negatable(wanted, (type) => type === kindOf(message)))) &&
    (mentions === undefined || message.mentions.some(({ id }) => mentions.includes(id))) &&
    (min_id === undefined || byId(message.id, min_id) > 0) &&
    (max_id === undefined || byId(message.id, max_id) < 0) &&
    (has === undefined || has.every((wanted) => negatable(wanted, (type) => holds(message, type)))) &&
    (pinned === undefined || message.pinned === pinned) &&
    (mention_everyone === undefined || message.mention_everyone === mention_everyone)
  );
}

function negatable(wanted: string, test: (type: string) => boolean): boolean {
  return wanted.startsWith("-") ? !test(wanted.slice(1)) : test(wanted);
}

function kindOf({ webhook_id, author }: Message): string {
  if (webhook_id !== undefined) return "webhook";
  return author.bot === true ? "bot" : "user";
}

function holds(message: Message, type: string): boolean {
  const media = (start: string) =>
    message.attachments.some(({ content_type }) => content_type?.startsWith(start) === true);
  switch (type) {
    case "image":
      return media("image/");
    case "sound":
      return media("audio/");
    case "video":
      return media("video/");
    case "file":
      return message.attachments.length > 0;
    case "sticker":
      return (message.sticker_items ?? []).length > 0;
    case "embed":
      return message.embeds.length > 0;
    case "link":
      return /https?:\/\//.test(message.content);
    case "poll":
      return message.poll !== undefined;
    default:
      return message.message_snapshots !== undefined;
  }
}

const refreshUrls = route(
  "refreshAttachmentUrls",
  "POST /attachments/refresh-urls",
  { ...nothing, body: z.object({ attachment_urls: z.array(z.url()).min(1).max(50) }) },
  ({ world, input }) => ({
    refreshed_urls: input.attachment_urls.map((original) => ({
      original,
      refreshed: world.cdn.file(original) === undefined ? null : world.cdn.sign(original),
    })),
  }),
);

export const searchRoutes = [searchGuildMessages, refreshUrls];
