import {
  type APIAttachment,
  type APIEmbed,
  type APIPoll,
  type APIStickerItem,
  type APIUser,
  MessageFlags,
  MessageReferenceType,
  type MessageType,
} from "discord-api-types/v10";
import type { Bot } from "./bot.js";
import type { Channel } from "./channel.js";
import type { Component } from "./components.js";
import type { AllowedMentions } from "./mentions.js";
import type { Message, Snapshot, StoredMessage } from "./message.js";

const NO_FLAGS: number = 0;

/** What a message is made of before it has an id and a time. */
export interface Draft {
  author: APIUser;
  /** Default: a new one. The first message of a forum's post has the id of its thread. */
  id?: string | undefined;
  content?: string | undefined;
  embeds?: readonly APIEmbed[] | undefined;
  components?: readonly Component[] | undefined;
  attachments?: readonly APIAttachment[] | undefined;
  stickers?: readonly APIStickerItem[] | undefined;
  poll?: APIPoll | undefined;
  allowedMentions?: AllowedMentions | undefined;
  replyTo?: StoredMessage | undefined;
  forward?: { stored: StoredMessage; channel: Channel } | undefined;
  flags?: number | undefined;
  tts?: boolean | undefined;
  nonce?: string | number | undefined;
  type?: MessageType | undefined;
  /** The bot that speaks, under its own name, a webhook's, or in answer to an interaction. */
  bot?: Bot | undefined;
  webhookId?: string | undefined;
  ephemeralFor?: string | undefined;
  /** Fields that only this kind of message has. */
  more?: Partial<Message> | undefined;
}

export interface Edit {
  content?: string | undefined;
  embeds?: readonly APIEmbed[] | undefined;
  components?: readonly Component[] | undefined;
  attachments?: readonly APIAttachment[] | undefined;
  flags?: number | undefined;
  allowedMentions?: AllowedMentions | undefined;
}

export function guildId({ guild }: Channel): { guild_id?: string } {
  return guild === undefined ? {} : { guild_id: guild.id };
}

/** What a reply holds of the message that it answers. */
export function replyFields(channel: Channel, replyTo: StoredMessage | undefined): Partial<Message> {
  if (replyTo === undefined) return {};
  const { referenced_message: _, ...shallow } = replyTo.message;
  return {
    message_reference: {
      type: MessageReferenceType.Default,
      channel_id: channel.id,
      message_id: replyTo.message.id,
      ...guildId(channel),
    },
    referenced_message: shallow,
  };
}

/** What a forward holds of the message that it brings. */
export function forwardFields(forward: Draft["forward"]): Partial<Message> {
  if (forward === undefined) return {};
  const { message } = forward.stored;
  const snapshot: Snapshot = {
    type: message.type,
    content: message.content,
    embeds: message.embeds,
    attachments: message.attachments,
    components: message.components,
    timestamp: message.timestamp,
    edited_timestamp: message.edited_timestamp,
    flags: message.flags ?? NO_FLAGS,
    mentions: message.mentions,
    mention_roles: message.mention_roles,
    ...(message.sticker_items !== undefined && { sticker_items: message.sticker_items }),
  };
  return {
    flags: MessageFlags.HasSnapshot,
    message_reference: {
      type: MessageReferenceType.Forward,
      channel_id: forward.channel.id,
      message_id: message.id,
      ...guildId(forward.channel),
    },
    message_snapshots: [{ message: snapshot }],
  };
}
