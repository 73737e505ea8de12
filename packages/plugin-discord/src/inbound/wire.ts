import { z } from "zod";

/*
 * What the gateway and REST say, as far as it is read here (Discord API reference, "Resources"). Read loosely: Discord adds fields at any
 * time, and leaves out others in partial objects.
 */

export const id = z.string().regex(/^\d{1,20}$/);

export const userSchema = z.object({
  id,
  username: z.string().optional(),
  global_name: z.string().nullish(),
  bot: z.boolean().optional(),
  system: z.boolean().optional(),
});
export type WireUser = z.infer<typeof userSchema>;

export const memberSchema = z.object({
  nick: z.string().nullish(),
  roles: z.array(z.string()).optional(),
});
export type WireMember = z.infer<typeof memberSchema>;

const attachmentSchema = z.object({
  id,
  filename: z.string(),
  title: z.string().optional(),
  description: z.string().nullish(),
  content_type: z.string().nullish(),
  size: z.int(),
  url: z.string(),
  /** Of voice messages. */
  duration_secs: z.number().nullish(),
  waveform: z.string().nullish(),
});
export type WireAttachment = z.infer<typeof attachmentSchema>;

const embedSchema = z.object({
  type: z.string().optional(),
  title: z.string().nullish(),
  description: z.string().nullish(),
  url: z.string().nullish(),
  author: z.object({ name: z.string() }).nullish(),
  footer: z.object({ text: z.string() }).nullish(),
  fields: z.array(z.object({ name: z.string(), value: z.string() })).nullish(),
});
export type WireEmbed = z.infer<typeof embedSchema>;

const stickerSchema = z.object({ id, name: z.string(), format_type: z.int().optional() });
export type WireSticker = z.infer<typeof stickerSchema>;

const pollSchema = z.object({
  question: z.object({ text: z.string().nullish() }),
  answers: z.array(
    z.object({ answer_id: z.int().optional(), poll_media: z.object({ text: z.string().nullish() }) }),
  ),
});

/** What a message holds, and a forwarded one's snapshot too. */
const contentFields = {
  content: z.string().default(""),
  mentions: z.array(userSchema.extend({ member: memberSchema.nullish() })).default([]),
  mention_roles: z.array(z.string()).default([]),
  attachments: z.array(attachmentSchema).default([]),
  embeds: z.array(embedSchema).default([]),
  sticker_items: z.array(stickerSchema).optional(),
  poll: pollSchema.nullish(),
};
const snapshotSchema = z.object({ message: z.object(contentFields) });
export type WireContent = z.infer<z.ZodObject<typeof contentFields>>;

const referencedSchema = z.object({
  id,
  author: userSchema.optional(),
  webhook_id: id.optional(),
  content: z.string().default(""),
});

export const messageSchema = z.object({
  id,
  channel_id: id,
  guild_id: id.optional(),
  channel_type: z.int().optional(),
  type: z.int(),
  flags: z.int().optional(),
  timestamp: z.string(),
  edited_timestamp: z.string().nullish(),
  author: userSchema,
  member: memberSchema.nullish(),
  webhook_id: id.optional(),
  application_id: id.optional(),
  ...contentFields,
  message_reference: z
    .object({ type: z.int().optional(), message_id: id.optional(), channel_id: id.optional() })
    .nullish(),
  referenced_message: referencedSchema.nullish(),
  message_snapshots: z.array(snapshotSchema).nullish(),
});
export type WireMessage = z.infer<typeof messageSchema>;

/** An update may lack everything but the ids; then nothing was edited by a person. */
export const updateSchema = z.object({ edited_timestamp: z.string(), author: userSchema });

export const deleteSchema = z.object({ id, channel_id: id, guild_id: id.optional() });
export const bulkDeleteSchema = z.object({ ids: z.array(id), channel_id: id, guild_id: id.optional() });

export const reactionSchema = z.object({
  user_id: id,
  message_id: id,
  channel_id: id,
  guild_id: id.optional(),
  member: memberSchema.extend({ user: userSchema.optional() }).nullish(),
  emoji: z.object({ id: z.string().nullish(), name: z.string().nullish() }),
});

export const voteSchema = z.object({
  user_id: id,
  message_id: id,
  channel_id: id,
  guild_id: id.optional(),
  answer_id: z.int(),
});

export const memberEventSchema = z.object({
  guild_id: id,
  user: userSchema,
  nick: z.string().nullish(),
  roles: z.array(z.string()).optional(),
});

export const guildEventSchema = z.object({ id, unavailable: z.boolean().optional() });
