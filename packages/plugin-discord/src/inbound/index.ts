import { MessageType } from "discord-api-types/v10";
import type { z } from "zod";
import { orderAt, orderOf, timeOf } from "../snowflake.js";
import { readContent } from "./content.js";
import { interactionSchema, readInteraction } from "./interaction.js";
import { placeIn, type ReadPlace, type WirePlace } from "./place.js";
import { NONE, type ReadContext, type Reading } from "./reading.js";
import { readSender } from "./sender.js";
import {
  bulkDeleteSchema,
  deleteSchema,
  guildEventSchema,
  memberEventSchema,
  messageSchema,
  reactionSchema,
  updateSchema,
  voteSchema,
  type WireMessage,
} from "./wire.js";

/** Messages that people or bots wrote; the others are notices of the platform's own ("Message Types"). */
const WRITTEN: ReadonlySet<number> = new Set([
  MessageType.Default,
  MessageType.Reply,
  MessageType.ChatInputCommand,
  MessageType.ContextMenuCommand,
]);

/** Reads one dispatch of the gateway. Never throws: what cannot be read is dropped with a reason that quotes nothing of it. */
export function readDispatch(type: string, data: unknown, context: ReadContext): Reading {
  switch (type) {
    case "MESSAGE_CREATE":
      return parsed(messageSchema, data, type, (message) => readMessage(message, context));
    case "MESSAGE_UPDATE":
      return readUpdate(data, context);
    case "MESSAGE_DELETE":
      return parsed(deleteSchema, data, type, ({ id, ...place }) => readDeletion([id], place, context));
    case "MESSAGE_DELETE_BULK":
      return parsed(bulkDeleteSchema, data, type, ({ ids, ...place }) => readDeletion(ids, place, context));
    case "MESSAGE_REACTION_ADD":
    case "MESSAGE_REACTION_REMOVE":
      return parsed(reactionSchema, data, type, (value) =>
        readReaction(type === "MESSAGE_REACTION_ADD", value, context),
      );
    case "MESSAGE_POLL_VOTE_ADD":
      return parsed(voteSchema, data, type, (value) => readVote(value, context));
    case "INTERACTION_CREATE":
      return parsed(interactionSchema, data, type, (value) => readInteraction(value, context));
    case "GUILD_MEMBER_ADD":
    case "GUILD_MEMBER_REMOVE":
      return parsed(memberEventSchema, data, type, (value) =>
        readMember(type === "GUILD_MEMBER_ADD", value, context),
      );
    case "GUILD_DELETE":
      return parsed(guildEventSchema, data, type, (value) => readRemoval(value, context));
    default:
      return NONE;
  }
}

/** Reads a message, also one that REST gave back; those lack server and member. */
export function readMessage(message: WireMessage, context: Pick<ReadContext, "self" | "directory">): Reading {
  const { self, directory } = context;
  if (!WRITTEN.has(message.type))
    return { type: "dropped", reason: "a notice of Discord's own", malformed: false };
  const place = placeIn(directory, message);
  const webhook = webhookOf(message);
  const sender = readSender(message.author, message.member, {
    self,
    ...(webhook === undefined ? {} : { webhook }),
  });
  const content = readContent(message, { directory, self, guild: place.address.space });
  return {
    type: "event",
    event: {
      kind: "message",
      keys: [`message:${message.id}`],
      sentAt: timeOf(message.id),
      order: orderOf(message.id),
      ...placed(place, message.id),
      sender,
      content,
    },
  };
}

/** Discord tells of link previews, pins and votes as updates as well: only a new time of editing is an edit. */
function readUpdate(data: unknown, context: ReadContext): Reading {
  if (!updateSchema.safeParse(data).success) return NONE;
  return parsed(messageSchema, data, "MESSAGE_UPDATE", (message) => {
    const editedAt = Date.parse(message.edited_timestamp ?? "");
    if (Number.isNaN(editedAt)) return NONE;
    const reading = readMessage(message, context);
    if (reading.type !== "event" || reading.event.kind !== "message") return reading;
    return {
      type: "event",
      event: {
        ...reading.event,
        kind: "edited",
        keys: [`edit:${message.id}:${editedAt}`],
        sentAt: editedAt,
        order: orderAt(editedAt),
      },
    };
  });
}

function readDeletion(messages: readonly string[], where: WirePlace, context: ReadContext): Reading {
  const [first] = messages;
  if (first === undefined) return NONE;
  const place = placeIn(context.directory, where);
  return {
    type: "event",
    event: {
      kind: "deleted",
      keys: [`delete:${first}:${messages.length}`],
      sentAt: context.now,
      order: orderAt(context.now),
      ...placed(place, first),
      // Discord does not say who took it back.
      sender: { id: "unknown" },
      messages,
    },
  };
}

function readReaction(
  isAdded: boolean,
  value: z.infer<typeof reactionSchema>,
  context: ReadContext,
): Reading {
  const { id, name } = value.emoji;
  const emoji = id ? `:${name ?? "emoji"}:` : name;
  if (!emoji) return NONE;
  const place = placeIn(context.directory, value);
  const sender = readSender(value.member?.user ?? { id: value.user_id }, value.member, {
    self: context.self,
  });
  return {
    type: "event",
    event: {
      kind: "reaction",
      keys: [`reaction:${context.delivery}`],
      sentAt: context.now,
      order: orderAt(context.now),
      ...placed(place, value.message_id),
      sender,
      added: isAdded ? [emoji] : [],
      removed: isAdded ? [] : [emoji],
    },
  };
}

function readVote(value: z.infer<typeof voteSchema>, context: ReadContext): Reading {
  const place = placeIn(context.directory, value);
  return {
    type: "event",
    event: {
      kind: "vote",
      keys: [`vote:${context.delivery}`],
      sentAt: context.now,
      order: orderAt(context.now),
      ...placed(place, value.message_id),
      sender: readSender({ id: value.user_id }, undefined, { self: context.self }),
      poll: value.message_id,
      options: [value.answer_id],
    },
  };
}

function readMember(
  isJoined: boolean,
  value: z.infer<typeof memberEventSchema>,
  context: ReadContext,
): Reading {
  const member = readSender(value.user, value, { self: context.self });
  const title = context.directory.guild(value.guild_id)?.name;
  return {
    type: "event",
    event: {
      kind: "member",
      keys: [`member:${context.delivery}`],
      sentAt: context.now,
      order: orderAt(context.now),
      address: { space: value.guild_id, chat: value.guild_id },
      chat: { kind: "group", ...(title === undefined ? {} : { title }) },
      sender: member,
      change: isJoined ? "joined" : "left",
      member,
    },
  };
}

/** The bot was taken out of a server; an outage of it is no removal. */
function readRemoval({ id, unavailable }: z.infer<typeof guildEventSchema>, context: ReadContext): Reading {
  if (unavailable === true) return NONE;
  return {
    type: "event",
    event: {
      kind: "lifecycle",
      change: "removed",
      keys: [`lifecycle:${context.delivery}`],
      sentAt: context.now,
      order: orderAt(context.now),
      address: { space: id, chat: id },
      chat: { kind: "group" },
      sender: { id: "unknown" },
    },
  };
}

function webhookOf({ webhook_id, application_id }: WireMessage): string | undefined {
  // What answers an interaction is posted by the application's own webhook, and is the bot's.
  return webhook_id === application_id ? undefined : webhook_id;
}

function placed({ address, chat }: ReadPlace, message: string) {
  return { address: { ...address, message }, chat };
}

function parsed<T>(schema: z.ZodType<T>, data: unknown, type: string, read: (value: T) => Reading): Reading {
  const result = schema.safeParse(data);
  if (result.success) return read(result.data);
  const [issue] = result.error.issues;
  const where = [type, ...(issue?.path ?? [])].map(String).join(".");
  return { type: "dropped", reason: `${where}: ${issue?.code ?? "unreadable"}`, malformed: true };
}
