import type { ConnectionContext, InboundEvent, Json, StateStore, VoteEvent } from "@elizaos/connector-core";
import { z } from "zod";
import { chatSchema } from "./inbound/wire.js";

/** Polls are remembered for so long, … */
const KEPT_MS = 30 * 24 * 3_600_000;
/** … and the newest so many. */
const MAX_POLLS = 200;
const PREFIX = "poll/";

/** Bot API: Poll. */
export const pollSchema = z.looseObject({
  id: z.string(),
  question: z.string(),
  options: z.array(z.looseObject({ text: z.string(), voter_count: z.int().nonnegative() })),
  total_voter_count: z.int().nonnegative(),
  is_closed: z.boolean(),
  is_anonymous: z.boolean(),
});

const countsSchema = z.object({
  id: z.string(),
  question: z.string(),
  options: z.array(z.object({ text: z.string(), votes: z.int() })),
  voters: z.int(),
  isClosed: z.boolean(),
  isAnonymous: z.boolean(),
});
export type Counts = z.infer<typeof countsSchema>;

const keptSchema = countsSchema.extend({
  chat: z.string(),
  kind: z.enum(["dm", "group", "channel"]),
  hasThreads: z.literal(true).exactOptional(),
  thread: z.string().exactOptional(),
  message: z.string(),
  /** When it was sent, Unix time in ms. */
  at: z.number(),
});
/** A poll of the bot's, with its newest counts. */
export type KeptPoll = z.infer<typeof keptSchema>;

const newsSchema = z.discriminatedUnion("news", [
  z.object({ news: z.literal("counts"), counts: countsSchema }),
  z.object({
    news: z.literal("vote"),
    poll: z.string(),
    options: z.array(z.int()),
    sender: z.object({
      id: z.string(),
      name: z.string().exactOptional(),
      username: z.string().exactOptional(),
      isBot: z.boolean().exactOptional(),
    }),
    update: z.int(),
    /** When it arrived, Unix time in ms: Telegram does not say when somebody voted. */
    at: z.number(),
  }),
]);
/** What an update says of a poll. Only who keeps the bot's polls knows where that is. */
export type PollNews = z.infer<typeof newsSchema>;

/** A poll of Telegram's as it is kept; undefined for what is none. */
export function countsOf(poll: unknown): Counts | undefined {
  const parsed = pollSchema.safeParse(poll);
  if (!parsed.success) return undefined;
  const { id, question, options, total_voter_count, is_closed, is_anonymous } = parsed.data;
  return {
    id,
    question,
    options: options.map(({ text, voter_count }) => ({ text, votes: voter_count })),
    voters: total_voter_count,
    isClosed: is_closed,
    isAnonymous: is_anonymous,
  };
}

/** What an agent is told of a poll. */
export function toldOf({ question, options, voters, isClosed, isAnonymous, message }: KeptPoll) {
  return { message, question, options, voters, isClosed, isAnonymous };
}

type Context = Pick<ConnectionContext, "state" | "clock">;

const sentSchema = z.looseObject({
  message_id: z.int(),
  chat: chatSchema,
  message_thread_id: z.int().optional(),
  is_topic_message: z.boolean().optional(),
  poll: z.unknown(),
});

/** Remembers a poll that the bot has just sent; the oldest goes where there are too many. */
export async function keepPoll(sent: unknown, { state, clock }: Context): Promise<void> {
  const parsed = sentSchema.safeParse(sent);
  const counts = countsOf(parsed.data?.poll);
  if (!parsed.success || counts === undefined) return;
  const { chat, message_id, message_thread_id: thread, is_topic_message: isInTopic } = parsed.data;
  const at = clock.now();
  const poll: KeptPoll = {
    ...counts,
    chat: String(chat.id),
    kind: chat.type === "private" ? "dm" : chat.type === "channel" ? "channel" : "group",
    ...(chat.is_forum === true ? { hasThreads: true } : {}),
    ...(isInTopic === true && thread !== undefined ? { thread: String(thread) } : {}),
    message: String(message_id),
    at,
  };
  const kept = await all(state);
  const tooMany = kept.length + 1 - MAX_POLLS;
  const oldest = kept.toSorted((a, b) => a.at - b.at).slice(0, Math.max(0, tooMany));
  await state.batch([
    ...oldest.map(({ id }) => ({ key: PREFIX + id, value: undefined })),
    { key: PREFIX + poll.id, value: poll, expiresAt: at + KEPT_MS },
  ]);
}

/** The bot's poll with this message. */
export async function pollAt(
  state: StateStore,
  chat: string,
  message: string,
): Promise<KeptPoll | undefined> {
  return (await all(state)).find((poll) => poll.chat === chat && poll.message === message);
}

/** Takes newer counts; undefined where the poll is not one that is remembered. */
export async function keepCounts(
  state: StateStore,
  counts: Counts,
  now: number,
): Promise<KeptPoll | undefined> {
  const kept = await find(state, counts.id);
  if (kept === undefined) return undefined;
  // What it ended with stays; an older update may come late.
  if (kept.isClosed && !counts.isClosed) return kept;
  const poll = { ...kept, ...counts };
  await state.batch([{ key: PREFIX + poll.id, value: poll, expiresAt: Math.max(now, kept.at + KEPT_MS) }]);
  return poll;
}

/** Events that come of news: a vote is one, counts are only remembered. Of other bots' polls nothing comes. */
export async function readNews(
  news: Json | PollNews,
  { state, clock }: Context,
): Promise<readonly InboundEvent[]> {
  const told = newsSchema.parse(news);
  if (told.news === "counts") {
    await keepCounts(state, told.counts, clock.now());
    return [];
  }
  const poll = await find(state, told.poll);
  if (poll === undefined) return [];
  const { chat, kind, hasThreads, thread, message } = poll;
  const event: VoteEvent = {
    kind: "vote",
    keys: [`update:${told.update}`],
    sentAt: told.at,
    order: told.update,
    address: { chat, ...(thread === undefined ? {} : { thread }), message },
    chat: { kind, ...(hasThreads && { hasThreads }) },
    sender: told.sender,
    poll: told.poll,
    options: told.options,
  };
  return [event];
}

async function find(state: StateStore, id: string): Promise<KeptPoll | undefined> {
  const entry = await state.get(PREFIX + id);
  return keptSchema.safeParse(entry?.value).data;
}

async function all(state: StateStore): Promise<readonly KeptPoll[]> {
  const entries = await state.list(PREFIX, { limit: MAX_POLLS });
  return entries.flatMap(({ value }) => keptSchema.safeParse(value).data ?? []);
}
