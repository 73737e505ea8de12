import { z } from "zod";

/**
 * The fields of Telegram's objects that this connector reads (Bot API, "Available types"). Everything else passes through
 * unread, so that a newer server breaks nothing.
 */

const id = z.int();
/** Unix time in s. */
const time = z.int().nonnegative();

export const userSchema = z.looseObject({
  id,
  is_bot: z.boolean().optional(),
  first_name: z.string().optional(),
  last_name: z.string().optional(),
  username: z.string().optional(),
});

export const chatSchema = z.looseObject({
  id,
  type: z.enum(["private", "group", "supergroup", "channel"]),
  title: z.string().optional(),
  username: z.string().optional(),
  is_forum: z.boolean().optional(),
});

const entitySchema = z.looseObject({
  type: z.string(),
  offset: z.int().nonnegative(),
  length: z.int().nonnegative(),
  url: z.string().optional(),
  user: userSchema.optional(),
  language: z.string().optional(),
});

const fileSchema = z.looseObject({
  file_id: z.string(),
  file_unique_id: z.string().optional(),
  file_name: z.string().optional(),
  mime_type: z.string().optional(),
  file_size: z.number().optional(),
});

const originSchema = z.looseObject({
  sender_user: userSchema.optional(),
  sender_user_name: z.string().optional(),
  sender_chat: chatSchema.optional(),
  chat: chatSchema.optional(),
});

const messageFields = {
  message_id: z.int().nonnegative(),
  date: time,
  edit_date: time.optional(),
  chat: chatSchema,
  from: userSchema.optional(),
  sender_chat: chatSchema.optional(),
  via_bot: userSchema.optional(),
  message_thread_id: id.optional(),
  is_topic_message: z.boolean().optional(),
  media_group_id: z.string().optional(),
  forward_origin: originSchema.optional(),
  is_automatic_forward: z.boolean().optional(),
  quote: z.looseObject({ text: z.string() }).optional(),
  text: z.string().optional(),
  entities: z.array(entitySchema).optional(),
  caption: z.string().optional(),
  caption_entities: z.array(entitySchema).optional(),
  rich_message: z.looseObject({ blocks: z.array(z.unknown()) }).optional(),
  photo: z.array(fileSchema).optional(),
  animation: fileSchema.optional(),
  audio: fileSchema.optional(),
  document: fileSchema.optional(),
  video: fileSchema.optional(),
  video_note: fileSchema.optional(),
  voice: fileSchema.optional(),
  sticker: fileSchema
    .extend({
      emoji: z.string().optional(),
      is_animated: z.boolean().optional(),
      is_video: z.boolean().optional(),
    })
    .optional(),
  location: z.looseObject({ latitude: z.number(), longitude: z.number() }).optional(),
  venue: z.looseObject({ title: z.string(), address: z.string().optional() }).optional(),
  contact: z
    .looseObject({
      phone_number: z.string(),
      first_name: z.string(),
      last_name: z.string().optional(),
      user_id: id.optional(),
    })
    .optional(),
  dice: z.looseObject({ emoji: z.string(), value: z.int() }).optional(),
  poll: z
    .looseObject({ question: z.string(), options: z.array(z.looseObject({ text: z.string() })) })
    .optional(),
  migrate_to_chat_id: id.optional(),
  migrate_from_chat_id: id.optional(),
  forum_topic_created: z.unknown().optional(),
};

export const messageSchema = z.looseObject({
  ...messageFields,
  reply_to_message: z.looseObject(messageFields).optional(),
});

const memberSchema = z.looseObject({ status: z.string(), is_member: z.boolean().optional() });

export const memberUpdateSchema = z.looseObject({
  chat: chatSchema,
  from: userSchema,
  date: time,
  old_chat_member: memberSchema,
  new_chat_member: memberSchema,
});

export const updateSchema = z.looseObject({ update_id: z.int() });

export type WireUser = z.infer<typeof userSchema>;
export type WireChat = z.infer<typeof chatSchema>;
export type WireEntity = z.infer<typeof entitySchema>;
export type WireFile = z.infer<typeof fileSchema>;
export type WireMessage = z.infer<typeof messageSchema>;
export type WireQuoted = NonNullable<WireMessage["reply_to_message"]>;
export type WireMember = z.infer<typeof memberSchema>;

/** The account as Telegram describes it; positions of mentions are judged by it. */
export interface Bot {
  readonly id: string;
  /** Without `@`. */
  readonly username: string;
}
