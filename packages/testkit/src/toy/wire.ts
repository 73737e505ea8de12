import { z } from "zod";

/** Somebody on the toy platform. `id` may change once; an `alias` event tells. */
export const wireUser = z.object({ id: z.string(), name: z.string(), bot: z.boolean().default(false) });

const wireChat = z.object({
  id: z.string(),
  kind: z.enum(["private", "group"]),
  title: z.string().optional(),
});

/** Leave to answer in a chat until `expires`, Unix time in ms. */
const wireTicket = z.object({ value: z.string(), expires: z.number() });

/** A file that came with a message. The platform keeps it until `expires`, Unix time in ms. */
const wireFile = z.object({
  id: z.string(),
  name: z.string(),
  type: z.string(),
  size: z.number(),
  expires: z.number(),
});

export const wireMessage = z.object({
  /** Unique in its chat only. */
  id: z.string(),
  author: wireUser,
  /** Absent where an event only points to the message. */
  text: z.string().optional(),
  /** `start` and `length` count UTF-8 bytes. */
  mentions: z.array(z.object({ user: z.string(), start: z.number(), length: z.number() })).default([]),
  quote: z.object({ message: z.string(), author: wireUser, text: z.string() }).optional(),
  files: z.array(wireFile).default([]),
});

const place = { chat: wireChat, thread: z.string().optional() };

const wireBody = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("said"),
    ...place,
    message: wireMessage,
    ticket: wireTicket.optional(),
    /** The message is this command, given to the account that is told of it. */
    command: z.string().optional(),
  }),
  z.object({ type: z.literal("edited"), ...place, message: wireMessage, ticket: wireTicket.optional() }),
  z.object({ type: z.literal("deleted"), ...place, by: wireUser, message: z.string() }),
  z.object({
    type: z.literal("reacted"),
    ...place,
    by: wireUser,
    message: z.string(),
    emoji: z.string(),
    on: z.boolean(),
  }),
  /** Somebody pressed a button under a message of the account; `press` names it when the account says that it arrived. */
  z.object({
    type: z.literal("pressed"),
    ...place,
    by: wireUser,
    message: z.string(),
    press: z.string(),
    data: z.string(),
    ticket: wireTicket.optional(),
  }),
  z.object({ type: z.literal("added"), ...place, by: wireUser }),
  /** What became of a message that the account sent. */
  z.object({
    type: z.literal("status"),
    chat: wireChat,
    message: z.string(),
    status: z.enum(["delivered", "read", "failed"]),
    reason: z.string().optional(),
  }),
  /** A user or chat is called `now` from here on. */
  z.object({ type: z.literal("alias"), old: z.string(), now: z.string() }),
]);

/** What every event carries: its own id, the account it is for, a number that rises per account, and its time in ms. */
export const wireHead = z.object({ id: z.string(), account: z.string(), seq: z.number(), at: z.number() });

/** The stream's first line: `seq` of the newest event there is. */
export const wireHello = z.object({ type: z.literal("hello"), last: z.number() });

/** A line of the stream that only shows that it lives. */
export const wireBeat = z.object({ type: z.literal("beat") });

/** One event, as in webhooks, the stream and the log. Fields that are not known yet are let through. */
export const wireEvent = z.intersection(wireHead, wireBody);

/** A webhook request. Its events are read one by one, so that a bad one does not take the others with it. */
export const wireWebhook = z.discriminatedUnion("type", [
  z.object({ type: z.literal("challenge"), challenge: z.string() }),
  z.object({ type: z.literal("events"), delivery: z.string(), events: z.array(z.unknown()) }),
]);

export const wireLog = z.object({ events: z.array(z.unknown()), last: z.number(), more: z.boolean() });

export const wireMe = z.object({
  id: z.string(),
  name: z.string(),
  textBytes: z.number(),
  /** Largest file that the account may bring. */
  fileBytes: z.number(),
  tickets: z.enum(["optional", "required"]),
  idempotency: z.enum(["none", "native", "detect"]),
  /** How long a repeated key is known, in ms. */
  keyWindowMs: z.number(),
});

/** The answer to an upload. */
export const wireUploaded = z.object({ file: z.string() });

/** The answer to a send. The ticket renews the one that was used. */
export const wireSent = z.object({ message: z.string(), ticket: wireTicket.optional() });

/** What the account sent, newest first. */
export const wireOwn = z.object({
  messages: z.array(z.object({ message: z.string(), note: z.string().optional() })),
});

export const wireError = z.object({
  error: z.string(),
  detail: z.string().default(""),
  /** For `slow-down`: seconds, and what has to wait. */
  wait: z.number().optional(),
  scope: z.enum(["chat", "method", "account"]).optional(),
  /** For `cursor-too-old`: `seq` of the oldest event that the log keeps. */
  oldest: z.number().optional(),
  /** For `chat-moved`: the chat's id from here on. */
  now: z.string().optional(),
});

export type WireUser = z.infer<typeof wireUser>;
export type WireChat = z.infer<typeof wireChat>;
export type WireTicket = z.infer<typeof wireTicket>;
export type WireFile = z.infer<typeof wireFile>;
export type WireMessage = z.infer<typeof wireMessage>;
export type WireBody = z.infer<typeof wireBody>;
export type WireEvent = z.infer<typeof wireEvent>;
export type WireMe = z.infer<typeof wireMe>;
export type WireError = z.infer<typeof wireError>;
