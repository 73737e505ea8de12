import {
  AuthError,
  type ConnectionContext,
  createBackoff,
  type InboundEvent,
  pause,
} from "@elizaos/connector-core";
import { z } from "zod";
import { logDropped } from "./dropped.js";
import { readFailure, toConnectorError } from "./errors.js";
import { type Bot, type Reading, readUpdate } from "./inbound/index.js";
import type { PollNews } from "./polls.js";

/** How long Telegram holds a poll that has nothing to say, in s. */
const POLL_SECONDS = 30;
/** A poll that is this much over its time is given up: its connection is dead without having been closed. */
const STALL_MS = 15_000;
/** After this long without an update Telegram may go on with any update_id (after 7 days; Bot API: Update.update_id). */
const ID_LIFETIME_MS = 6 * 24 * 3_600_000;
/** An empty answer to a long poll that comes sooner is from a server that does not hold polls. */
const TOO_SOON_MS = 1_000;

const CURSOR = "updates";

/** Where polling stands: the last update that was stored, when it was sent (Unix ms), and the server it came from. */
const cursorSchema = z.object({ update: z.int(), at: z.number(), server: z.string() });
const updatesSchema = z.array(z.unknown());
type PollingCursor = z.infer<typeof cursorSchema>;

export interface PollRequest {
  /** Confirms everything before it. Absent: begin with the oldest that is not confirmed. */
  readonly offset?: number;
  /** How long to hold the poll, in s. */
  readonly timeout: number;
  /** How long to wait for the answer, in ms. */
  readonly limitMs: number;
}

export interface PollingOptions {
  /** Calls `getUpdates`; throws what grammY throws. */
  getUpdates(request: PollRequest, signal: AbortSignal): Promise<unknown>;
  /** Answers the press of a button. Nothing waits for it; never throws. */
  answer(query: string): void;
  /** Takes in what is said of a poll, and gives the events that come of it. */
  pollNews(news: PollNews): Promise<readonly InboundEvent[]>;
  /** Calls `deleteWebhook` without dropping what waits. */
  deleteWebhook(signal: AbortSignal): Promise<unknown>;
  readonly bot: Bot;
  /** Names the server that numbers the updates; another one has other numbers. */
  readonly server: string;
  readonly context: Pick<
    ConnectionContext,
    "receive" | "cursor" | "alias" | "status" | "fail" | "log" | "clock"
  >;
  readonly signal: AbortSignal;
  /** Numbers from 0 to 1 for jitter. */
  readonly random: () => number;
}

/**
 * Polls until the signal is aborted or the token is refused: takes updates, stores them, and only then lets Telegram
 * forget them by asking for what comes after. Every other trouble is shown in the status and tried again. Never rejects.
 */
export async function poll(options: PollingOptions): Promise<void> {
  const { context, signal } = options;
  const backoff = createBackoff(context.clock, options.random, { minMs: 1_000, maxMs: 60_000 });
  const status = statusOf(context);
  let cursor: PollingCursor | undefined | "unread" = "unread";
  let timeout = POLL_SECONDS;
  while (!signal.aborted) {
    try {
      if (cursor === "unread") cursor = await readCursor(options);
      const startedAt = context.clock.now();
      const offset = offsetAfter(cursor, startedAt, options.server);
      const request = {
        ...(offset === undefined ? {} : { offset }),
        timeout,
        limitMs: timeout * 1000 + STALL_MS,
      };
      const updates = updatesSchema.parse(await options.getUpdates(request, signal));
      cursor = (await store(updates, options)) ?? cursor;
      status.online();
      backoff.reset();
      const held = context.clock.now() - startedAt >= TOO_SOON_MS;
      if (updates.length === 0 && timeout > 0 && !held) await pause(context.clock, TOO_SOON_MS, signal);
      timeout = POLL_SECONDS;
    } catch (error) {
      if (signal.aborted) return;
      const trouble = judge(error);
      if (trouble.fatal !== undefined) return context.fail(trouble.fatal);
      status.reconnecting(trouble.reason);
      // A poll that comes back at once shows soonest that the fault is over. Against another poller it would always
      // succeed; only one that is held shows whether that one is gone.
      timeout = trouble.isConflict ? POLL_SECONDS : 0;
      if (trouble.isWebhook) await removeWebhook(options);
      const waitMs = trouble.waitMs ?? backoff.next();
      context.log.warn({ reason: trouble.reason, waitMs }, "Polling Telegram failed; trying again");
      await pause(context.clock, waitMs, signal);
    }
  }
}

async function readCursor({ context }: PollingOptions): Promise<PollingCursor | undefined> {
  const stored = await context.cursor(CURSOR);
  if (stored === undefined) return undefined;
  const parsed = cursorSchema.safeParse(stored);
  if (parsed.success) return parsed.data;
  context.log.warn(
    { cursor: stored },
    "The stored polling position cannot be read; starting with the oldest waiting update",
  );
  return undefined;
}

function offsetAfter(cursor: PollingCursor | undefined, now: number, server: string): number | undefined {
  if (cursor === undefined || cursor.server !== server || now - cursor.at > ID_LIFETIME_MS) return undefined;
  return cursor.update + 1;
}

/** Stores a batch and resolves to the new cursor; undefined when there was nothing. */
async function store(
  updates: readonly unknown[],
  { context, bot, server, answer, pollNews }: PollingOptions,
): Promise<PollingCursor | undefined> {
  let events: InboundEvent[] = [];
  let queries: string[] = [];
  let cursor: PollingCursor | undefined;
  const commit = async () => {
    if (cursor !== undefined) await context.receive(events, { cursor: { name: CURSOR, value: cursor } });
    events = [];
    for (const query of queries) answer(query);
    queries = [];
  };
  // In their own order, so that a position never stands before something that is not stored yet.
  const now = context.clock.now();
  const read = updates
    .map((update) => readUpdate(update, bot, now))
    .sort((a, b) => (a.id ?? 0) - (b.id ?? 0));
  for (const { id, reading, query } of read) {
    if (reading.type === "migrated") {
      // What came before belongs to the old id, what follows to the new one.
      await commit();
      await context.alias(reading.old, reading.now);
      context.log.info(
        { update_id: id, old: reading.old, now: reading.now },
        "A group became a supergroup and has a new id",
      );
    } else if (reading.type === "event") {
      events.push(reading.event);
    } else if (reading.type === "poll") {
      events.push(...(await pollNews(reading.news)));
    } else {
      logDropped(context.log, id, reading);
    }
    if (query !== undefined) queries.push(query);
    if (id !== undefined) cursor = { update: id, at: sentAt(reading, context.clock.now()), server };
  }
  if (updates.length > 0 && cursor === undefined) throw new Error("none of the updates has an update_id");
  await commit();
  return cursor;
}

/** When an update was made, at the latest: numbering may restart a week after that, not a week after its arrival here. */
function sentAt(reading: Reading, now: number): number {
  return reading.type === "event" ? Math.min(now, reading.event.sentAt) : now;
}

/** Failing here is no new trouble: the next poll says again that there is a webhook. */
async function removeWebhook({ deleteWebhook, context, signal }: PollingOptions): Promise<void> {
  context.log.warn(
    {},
    "A webhook was set for this bot; removing it, since this account polls. Waiting updates are kept",
  );
  try {
    await deleteWebhook(signal);
  } catch (error) {
    context.log.warn({ reason: judge(error).reason }, "The webhook could not be removed");
  }
}

interface Trouble {
  readonly reason: string;
  readonly fatal?: AuthError;
  readonly isConflict?: boolean;
  readonly isWebhook?: boolean;
  readonly waitMs?: number;
}

function judge(error: unknown): Trouble {
  const failure = readFailure(error);
  if (failure === undefined) {
    return {
      reason: `What Telegram sent could not be taken in: ${error instanceof z.ZodError ? "the answer is no list of updates" : describe(error)}.`,
    };
  }
  if (failure.kind === "refused" && failure.status === 409) {
    if (/webhook/i.test(failure.description)) {
      return {
        reason: "A webhook was set for this bot, which keeps it from polling; the webhook is being removed.",
        isWebhook: true,
      };
    }
    return { reason: CONFLICT, isConflict: true };
  }
  const mapped = toConnectorError(failure, "getUpdates");
  if (mapped instanceof AuthError) return { reason: mapped.message, fatal: mapped };
  if (failure.kind === "refused" && failure.status === 429) {
    const seconds = failure.retryAfterSeconds ?? 1;
    return { reason: `Telegram asks to wait ${seconds} s before the next poll.`, waitMs: seconds * 1000 };
  }
  return { reason: mapped.message };
}

const CONFLICT =
  "Another program polls Telegram with this bot's token (409 Conflict), and each message reaches only one of the two. " +
  "Stop the other program, or give this account a bot of its own (@BotFather, /newbot). " +
  "Right after a restart this ends by itself within half a minute.";

function describe(error: unknown): string {
  return error instanceof Error ? error.message : "an unknown error";
}

/** Tells core about changes only. */
function statusOf(context: PollingOptions["context"]) {
  let last: string | undefined;
  return {
    online() {
      if (last === "online") return;
      last = "online";
      context.status({ state: "online" });
    },
    reconnecting(reason: string) {
      if (last === reason) return;
      last = reason;
      context.status({ state: "reconnecting", reason });
    },
  };
}
