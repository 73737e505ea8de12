import {
  type ConnectionContext,
  ConnectorError,
  type EventBatch,
  type InboundEvent,
} from "@elizaos/connector-core";
import { Routes } from "discord-api-types/v10";
import { z } from "zod";
import type { DirectChats } from "./direct-chats.js";
import { type Directory, isWritable } from "./directory.js";
import { readMessage } from "./inbound/index.js";
import { messageSchema } from "./inbound/wire.js";
import { patiently } from "./patience.js";
import type { Rest } from "./rest.js";
import { idAt, isNewer, timeOf } from "./snowflake.js";

/** What is older is not looked for: it would not be answered any more. */
const MAX_AGE_MS = 48 * 60 * 60_000;
/** Messages of one channel. */
const MAX_PER_CHANNEL = 1_000;
const PAGE = 100;
/** Messages of different servers may reach us in another order than that of their ids. */
const OVERLAP_MS = 60_000;

const pageSchema = z.array(z.unknown());

export interface BackfillOptions {
  readonly rest: Rest;
  readonly directory: Directory;
  readonly direct: DirectChats;
  readonly context: Pick<ConnectionContext, "clock" | "log" | "gap">;
  /** The bot's user id. */
  readonly self: string;
  /** Adds to an event what is to be known of it later. */
  readonly marked: (event: InboundEvent, isThere: boolean) => InboundEvent;
}

/** Reads over REST what was said since a message, channel by channel, the oldest first. What cannot be read is recorded as a gap. */
export async function* backfill(
  { rest, directory, direct, context, self, marked }: BackfillOptions,
  since: string,
  signal: AbortSignal,
): AsyncIterable<EventBatch> {
  const now = context.clock.now();
  const oldest = now - MAX_AGE_MS;
  const from = timeOf(since) - OVERLAP_MS;
  if (from < oldest)
    context.gap(
      `messages between ${iso(from)} and ${iso(oldest)} were not looked for: they are too old to be answered`,
    );
  const after = idAt(Math.max(from, oldest));
  const known = await direct.list();
  if (direct.isFull) context.gap("private chats that nobody has written in for long were not looked into");
  const places = [
    ...known,
    ...[...directory.channels()]
      .filter(
        (channel) =>
          isWritable(channel) && channel.lastMessage !== undefined && isNewer(channel.lastMessage, after),
      )
      .map(({ id }) => id),
  ];
  for (const channel of new Set(places)) {
    let last = after;
    for (let count = 0; ; ) {
      signal.throwIfAborted();
      const page = await readPage(channel, last);
      if (page.length === 0) break;
      count += page.length;
      const events = page.flatMap(({ event }) => event ?? []);
      last = page.at(-1)?.id ?? last;
      if (events.length > 0) yield { events };
      if (page.length < PAGE) break;
      if (count >= MAX_PER_CHANNEL) {
        context.gap(
          `more than ${MAX_PER_CHANNEL} messages came in channel ${channel}; those after message ${last} were not read`,
        );
        break;
      }
    }
  }

  /** Oldest first. A place that is closed to the bot now has nothing for it. */
  async function readPage(channel: string, since: string) {
    const query = new URLSearchParams({ after: since, limit: String(PAGE) });
    const request = {
      call: "GET channel messages",
      method: "GET",
      route: Routes.channelMessages(channel),
      query,
      signal,
    } as const;
    const raw = await patiently(() => rest.call(request), { clock: context.clock, signal }).catch(
      refusedPage,
    );
    const messages = pageSchema.safeParse(raw);
    if (!messages.success) return [];
    return messages.data
      .flatMap((each) => read(each, channel) ?? [])
      .sort((a, b) => (isNewer(a.id, b.id) ? 1 : -1));
  }

  function read(
    raw: unknown,
    channel: string,
  ): { readonly id: string; readonly event?: InboundEvent } | undefined {
    const guild = directory.channel(channel)?.guild;
    const message = messageSchema.safeParse(raw);
    if (!message.success) {
      context.log.warn({ channel }, "Left out a message that cannot be read");
      return undefined;
    }
    const placed = { ...message.data, ...(guild === undefined ? {} : { guild_id: guild }) };
    const reading = readMessage(placed, { directory, self });
    return {
      id: message.data.id,
      ...(reading.type === "event" ? { event: marked(reading.event, true) } : {}),
    };
  }
}

/** Undefined where the bot may not read. */
function refusedPage(error: unknown): undefined {
  if (!ConnectorError.isInstance(error) || error.code === "auth") throw error;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
