import { MessageFlags, MessageReferenceType, MessageType } from "discord-api-types/v10";
import { z } from "zod";
import type { Channel } from "../channel.js";
import { ApiError, invalidField, unknown } from "../errors.js";
import { text } from "../form.js";
import type { StoredMessage } from "../message.js";
import { snowflake, timeOf } from "../snowflake.js";
import { messageFields } from "./content.js";
import { has, P, sees } from "./find.js";
import { pollField } from "./polls.js";
import type { Context } from "./route.js";

/** "the past few minutes" (Discord, "Create Message", `enforce_nonce`) */
const NONCE_MS = 5 * 60 * 1000;
const nonce = z.union([text(25), z.int()]);

/** The body of a new message. */
export const createFields = z.object({
  ...messageFields,
  nonce: nonce.nullish(),
  sticker_ids: z.array(snowflake).max(3).nullish(),
  poll: pollField.nullish(),
  message_reference: z
    .object({
      type: z.enum(MessageReferenceType).optional(),
      message_id: snowflake,
      channel_id: snowflake.optional(),
      guild_id: snowflake.optional(),
      fail_if_not_exists: z.boolean().optional(),
    })
    .nullish(),
});
type CreateFields = z.output<typeof createFields>;

/** The message that the bot made lately with this nonce. */
export function sameNonce(
  { world, bot, input }: Context<CreateFields>,
  channel: Channel,
): StoredMessage | undefined {
  if (input.enforce_nonce !== true || input.nonce == null) return undefined;
  return channel
    .newest()
    .find(
      ({ message }) =>
        message.author.id === bot.id &&
        String(message.nonce) === String(input.nonce) &&
        world.clock.now() - timeOf(message.id) < NONCE_MS,
    );
}

/** The message that the new one answers. */
export function repliedTo(context: Context<CreateFields>, channel: Channel): StoredMessage | undefined {
  const reference = context.input.message_reference;
  if (reference == null || reference.type === MessageReferenceType.Forward) return undefined;
  if (!has(context, channel, P.ReadMessageHistory))
    throw new ApiError(403, 160002, "Cannot reply without permission to read message history");
  const elsewhere = reference.channel_id !== undefined && reference.channel_id !== channel.id;
  const stored = elsewhere ? undefined : channel.messages.get(reference.message_id);
  if (stored === undefined) {
    if (reference.fail_if_not_exists === false) return undefined;
    throw invalidField("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message");
  }
  if (!REPLIABLE.has(stored.message.type))
    throw invalidField(
      "message_reference",
      "REPLIES_CANNOT_REPLY_TO_SYSTEM_MESSAGE",
      "Cannot reply to a system message",
    );
  return stored;
}

/** The message that the new one brings from elsewhere. */
export function forwarded(
  context: Context<CreateFields>,
): { stored: StoredMessage; channel: Channel } | undefined {
  const reference = context.input.message_reference;
  if (reference?.type !== MessageReferenceType.Forward) return undefined;
  const channel = context.world.channels.get(reference.channel_id ?? "");
  if (channel === undefined) throw unknown("Channel");
  const stored = sees(context, channel) ? channel.messages.get(reference.message_id) : undefined;
  if (stored === undefined) throw unknown("Message");
  return { stored, channel };
}

/** @throws ApiError 50159 or 50161 for a voice message that is none */
export function checkVoice(flags: number, files: number, input: CreateFields): void {
  if ((flags & MessageFlags.IsVoiceMessage) === 0) return;
  if (files !== 1 || (input.content ?? "") !== "")
    throw new ApiError(400, 50159, "Voice messages do not support additional content.");
  const [attachment] = input.attachments ?? [];
  if (attachment?.waveform === undefined || attachment.duration_secs === undefined)
    throw new ApiError(400, 50161, "Voice messages must have supporting metadata.");
}

/** Kinds of messages that can be answered; others are Discord's own. */
export const REPLIABLE = new Set([
  MessageType.Default,
  MessageType.Reply,
  MessageType.ChatInputCommand,
  MessageType.ContextMenuCommand,
  MessageType.ThreadStarterMessage,
]);
