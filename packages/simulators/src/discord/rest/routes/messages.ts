import { MessageFlags, MessageType } from "discord-api-types/v10";
import { z } from "zod";
import { canSpeak, speakingIn } from "../../access.js";
import type { Bot } from "../../bot.js";
import type { Channel } from "../../channel.js";
import { ApiError, cannotDm, missingPermissions } from "../../errors.js";
import { wholeNumber } from "../../form.js";
import { type StoredMessage, viewOf } from "../../message.js";
import { byId, firstIdAt, snowflake } from "../../snowflake.js";
import { checkNotEmpty, messageFields, readContent } from "../content.js";
import { checkVoice, createFields, forwarded, REPLIABLE, repliedTo, sameNonce } from "../create.js";
import { channelIn, has, messageIn, need, P } from "../find.js";
import { newPoll } from "../polls.js";
import { type Context, nothing, route } from "../route.js";
import { stickersFor } from "../stickers.js";

/** Older messages cannot be deleted in bulk. */
const BULK_MAX_AGE_MS = 14 * 24 * 60 * 60 * 1000;

/** The message as the bot may read it. */
export function show({ world }: Pick<Context, "world">, bot: Bot, channel: Channel, stored: StoredMessage) {
  const readsContent = channel.isDm || bot.privileged.has("messageContent");
  return viewOf(stored, { id: bot.id, readsContent }, world.cdn);
}

const createMessage = route(
  "createMessage",
  "POST /channels/:channel/messages",
  { ...nothing, body: createFields },
  (context) => {
    const { world, bot, input } = context;
    const channel = channelIn(context);
    checkMaySpeak(context, channel);
    const before = sameNonce(context, channel);
    if (before !== undefined) return show(context, bot, channel, before);
    const forward = forwarded(context);
    const replyTo = repliedTo(context, channel);
    const content = readContent(world, channel, input, context.body);
    if ((content.attachments ?? []).length > 0) need(context, channel, P.AttachFiles);
    const stickers = stickersFor(context, channel, input.sticker_ids ?? []);
    if (input.poll != null) need(context, channel, P.SendPolls);
    const others = forward !== undefined || stickers.length > 0 || input.poll != null;
    checkNotEmpty(content, others);
    checkVoice(content.flags, content.attachments?.length ?? 0, input);
    const stored = world.messages.post(channel, {
      author: bot.user,
      bot,
      ...content,
      replyTo,
      forward,
      tts: input.tts ?? false,
      allowedMentions: input.allowed_mentions ?? undefined,
      ...(input.nonce != null && { nonce: input.nonce }),
      ...(stickers.length > 0 && { stickers }),
      ...(input.poll != null && { poll: newPoll(input.poll, world.clock.now()) }),
    });
    return { ...show(context, bot, channel, stored), ...(input.nonce != null && { nonce: input.nonce }) };
  },
);

const getChannelMessages = route(
  "getChannelMessages",
  "GET /channels/:channel/messages",
  {
    ...nothing,
    query: z.object({
      around: snowflake.optional(),
      before: snowflake.optional(),
      after: snowflake.optional(),
      limit: wholeNumber(1, 100).default(50),
    }),
  },
  (context) => {
    const channel = channelIn(context);
    if (!channel.holdsMessages) throw new ApiError(400, 50008, "Cannot send messages in a non-text channel");
    if (!has(context, channel, P.ReadMessageHistory)) return [];
    const { around, before, after, limit } = context.search;
    const all = channel.newest().filter(({ ephemeralFor }) => ephemeralFor === undefined);
    const older = (id: string) => all.filter(({ message }) => byId(message.id, id) < 0);
    const newer = (id: string) => all.filter(({ message }) => byId(message.id, id) > 0);
    const half = Math.floor(limit / 2);
    const found =
      around !== undefined
        ? [
            ...newer(around).slice(-half),
            ...all.filter(({ message }) => message.id === around),
            ...older(around).slice(0, half),
          ]
        : before !== undefined
          ? older(before).slice(0, limit)
          : after !== undefined
            ? newer(after).slice(-limit)
            : all.slice(0, limit);
    return found.map((stored) => show(context, context.bot, channel, stored));
  },
);

const getChannelMessage = route(
  "getChannelMessage",
  "GET /channels/:channel/messages/:message",
  nothing,
  (context) => {
    const channel = channelIn(context, P.ReadMessageHistory);
    return show(context, context.bot, channel, messageIn(context, channel));
  },
);

const editMessage = route(
  "editMessage",
  "PATCH /channels/:channel/messages/:message",
  { ...nothing, body: z.object(messageFields) },
  (context) => {
    const { world, bot, input } = context;
    const channel = channelIn(context);
    const stored = messageIn(context, channel);
    if (stored.message.author.id !== bot.id) {
      const suppresses = Object.keys(input).every((field) => field === "flags");
      if (!suppresses) throw new ApiError(403, 50005, "Cannot edit a message authored by another user");
      need(context, channel, P.ManageMessages);
      const flags = (stored.message.flags ?? 0) | ((input.flags ?? 0) & MessageFlags.SuppressEmbeds);
      world.messages.update(channel, stored, { flags, embeds: [] });
      return show(context, bot, channel, stored);
    }
    if (channel.thread?.archived === true) throw threadArchived();
    const { message } = stored;
    const content = readContent(
      world,
      channel,
      { ...input, flags: (input.flags ?? 0) | (message.flags ?? 0) },
      context.body,
      message.attachments,
    );
    const result = {
      content: content.content ?? message.content,
      embeds: content.embeds ?? message.embeds,
      components: content.components ?? message.components,
      attachments: content.attachments ?? message.attachments,
      flags: content.flags,
    };
    checkNotEmpty(result, message.poll !== undefined || (message.sticker_items ?? []).length > 0);
    const allowedMentions = input.allowed_mentions ?? undefined;
    world.messages.edit(channel, stored, { ...result, allowedMentions });
    return show(context, bot, channel, stored);
  },
);

const deleteMessage = route(
  "deleteMessage",
  "DELETE /channels/:channel/messages/:message",
  nothing,
  (context) => {
    const channel = channelIn(context);
    const { message } = messageIn(context, channel);
    if (message.author.id !== context.bot.id) {
      if (channel.isDm) throw new ApiError(403, 50003, "Cannot execute action on a DM channel");
      need(context, channel, P.ManageMessages);
    }
    if (!DELETABLE.has(message.type))
      throw new ApiError(403, 50021, "Cannot execute action on a system message");
    context.world.messages.delete(channel, [message.id]);
  },
);

const bulkDeleteMessages = route(
  "bulkDeleteMessages",
  "POST /channels/:channel/messages/bulk-delete",
  { ...nothing, body: z.object({ messages: z.array(snowflake) }) },
  (context) => {
    const channel = channelIn(context, P.ManageMessages);
    if (channel.isDm) throw new ApiError(403, 50003, "Cannot execute action on a DM channel");
    const ids = [...new Set(context.input.messages)];
    if (ids.length < 2 || ids.length > 100)
      throw new ApiError(
        400,
        50016,
        "Provided too few or too many messages to delete. Must provide at least 2 and fewer than 100 messages to delete",
      );
    const oldest = firstIdAt(context.world.clock.now() - BULK_MAX_AGE_MS);
    if (ids.some((id) => BigInt(id) < oldest))
      throw new ApiError(400, 50034, "You can only bulk delete messages that are under 14 days old.");
    const there = ids.filter((id) => channel.messages.has(id));
    if (there.length > 0) context.world.messages.delete(channel, there, { bulk: true });
  },
);

const triggerTypingIndicator = route(
  "triggerTypingIndicator",
  "POST /channels/:channel/typing",
  nothing,
  (context) => {
    const channel = channelIn(context);
    checkMaySpeak(context, channel);
    context.world.messages.type(channel, context.bot.user);
  },
);

/** @throws ApiError whatever keeps the bot from writing here */
function checkMaySpeak(context: Context, channel: Channel): void {
  const { world, bot } = context;
  if (!channel.holdsMessages) throw new ApiError(400, 50008, "Cannot send messages in a non-text channel");
  if (channel.isDm) {
    const other = channel.recipients.find(({ id }) => id !== bot.id);
    const known =
      other !== undefined && (world.shareGuild(bot.id, other.id) || wroteBefore(channel, other.id));
    if (!known || channel.closedTo.has(bot.id)) throw cannotDm();
    return;
  }
  need(context, channel, speakingIn(channel));
  if (!canSpeak(channel, bot.id, world.clock.now())) throw missingPermissions();
  if (channel.thread?.archived === true && channel.thread.locked) throw threadArchived();
}

export function threadArchived(): ApiError {
  return new ApiError(400, 50083, "Thread is archived");
}

function wroteBefore(channel: Channel, userId: string): boolean {
  return [...channel.messages.values()].some(({ message }) => message.author.id === userId);
}

const DELETABLE = new Set([
  ...REPLIABLE,
  MessageType.ChannelPinnedMessage,
  MessageType.UserJoin,
  MessageType.ThreadCreated,
  MessageType.PollResult,
]);

export const messageRoutes = [
  createMessage,
  getChannelMessages,
  getChannelMessage,
  editMessage,
  bulkDeleteMessages,
  deleteMessage,
  triggerTypingIndicator,
];
