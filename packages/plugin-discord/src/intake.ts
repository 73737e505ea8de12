import { type ConnectionContext, type InboundEvent, isRecord, Transient } from "@elizaos/connector-core";
import type { Directory } from "./directory.js";
import type { Dispatch } from "./gateway.js";
import { readDispatch } from "./inbound/index.js";
import type { ReadContext, Reading } from "./inbound/reading.js";
import type { Acknowledgement } from "./interactions/acknowledger.js";
import { NOT_FOR_YOU } from "./interactions/ending.js";
import type { Lookups } from "./lookups.js";
import { cursorName, type Position } from "./position.js";
import { idAt, isNewer } from "./snowflake.js";

/** What the gateway brings while the store cannot take it. Beyond this the connection is given up, and resumed when it can. */
const MAX_WAITING = 10_000;
/** Events in one commit. */
const MAX_BATCH = 200;
/** Nothing but presence and typing: where we stand is noted so often. */
const NOTE_EVERY_MS = 10_000;

export interface IntakeOptions extends Pick<ReadContext, "application" | "isPrivate"> {
  readonly context: Pick<ConnectionContext, "receive" | "log" | "clock" | "fail">;
  readonly directory: Directory;
  readonly lookups: Lookups;
  /** The bot's user id. */
  readonly self: string;
  readonly signal: AbortSignal;
  /** Tells of a private chat that somebody wrote in. */
  readonly onDirect: (channel: string) => void;
  /** Called when an interaction is stored or dropped, since Discord does not wait for long. Must not throw. */
  readonly onInteraction: (acknowledgement: Acknowledgement) => void;
  /** Adds to an event what is to be known of it later. */
  readonly marked: (event: InboundEvent) => InboundEvent;
  readonly onDeleted: (messages: readonly string[]) => void;
}

interface Shard {
  session: Position["session"];
  /** Everything before this message is stored, as far as the gateway told. */
  newest: string;
  /** What was said before the session began is read over REST first; until then nothing may look as if it had been read. */
  isBehind: boolean;
  /** Id of the newest message that came while it was behind. */
  ahead: string;
  notedAt: number;
}

/**
 * Takes what the gateway brings, in its order: stores it with the position behind it, in one commit, and only then lets a reconnect
 * begin after it.
 */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #waiting: Dispatch[] = [];
  readonly #shards = new Map<number, Shard>();
  #running: Promise<void> | undefined;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** Where a shard's stored events end, as left by an earlier life. */
  restore(shard: number, { session, newest }: Position): void {
    const notedAt = this.#options.context.clock.now();
    this.#shards.set(shard, { session, newest, isBehind: session === undefined, ahead: newest, notedAt });
  }

  /** A shard that was never here before: nothing from before this message is looked for. */
  begin(shard: number, newest: string): void {
    this.#shards.set(shard, { session: undefined, newest, isBehind: false, ahead: newest, notedAt: 0 });
  }

  session(shard: number): Position["session"] {
    return this.#shards.get(shard)?.session;
  }

  /** A session begins or ends. Its numbers are the gateway's; where our store ends is ours to say. */
  began(shard: number, session: Position["session"]): void {
    const known = this.#shards.get(shard);
    if (session === undefined) {
      if (known === undefined) return;
      known.session = undefined;
      known.isBehind = true;
    } else if (known === undefined) {
      this.begin(shard, idAt(this.#options.context.clock.now()));
      this.began(shard, session);
    } else if (session.id !== known.session?.id) {
      // After a session that cannot be resumed, or none.
      known.session = session;
    }
  }

  /** Messages before this one are stored, whatever the gateway brought since; undefined when nothing is missing. */
  get behind(): string | undefined {
    const late = [...this.#shards.values()].filter(({ isBehind }) => isBehind).map(({ newest }) => newest);
    return late.reduce<string | undefined>(
      (oldest, each) => (oldest === undefined || isNewer(oldest, each) ? each : oldest),
      undefined,
    );
  }

  /** What was missed has been read. */
  async caughtUp(): Promise<void> {
    await this.settled();
    for (const [id, shard] of this.#shards) {
      if (!shard.isBehind) continue;
      shard.isBehind = false;
      if (isNewer(shard.ahead, shard.newest)) shard.newest = shard.ahead;
      await this.#options.context.receive([], { cursor: { name: cursorName(id), value: stored(shard) } });
    }
  }

  /** Takes one dispatch. Never throws. */
  take(dispatch: Dispatch): void {
    if (this.#waiting.length >= MAX_WAITING) {
      // The gateway keeps what comes after the stored position, for a while.
      this.#options.context.fail(
        new Transient(`Discord brought ${MAX_WAITING} events that could not be stored in time.`, {
          where: "gateway",
        }),
      );
      return;
    }
    this.#waiting.push(dispatch);
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  /** Resolves when everything that came has been stored. Never rejects. */
  async settled(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async #run(): Promise<void> {
    const { context, signal } = this.#options;
    try {
      while (this.#waiting.length > 0 && !signal.aborted) await this.#store(this.#nextBatch());
    } catch (error) {
      if (signal.aborted) return;
      context.log.error({ err: error }, "what Discord's gateway brought could not be stored");
      context.fail(
        new Transient("What Discord's gateway brought could not be stored.", { where: "gateway" }),
      );
    }
  }

  /** Dispatches of one shard, in order. */
  #nextBatch(): readonly Dispatch[] {
    const shard = this.#waiting[0]?.shard;
    const end = this.#waiting.slice(0, MAX_BATCH).findIndex((dispatch) => dispatch.shard !== shard);
    return this.#waiting.splice(0, end < 0 ? MAX_BATCH : end);
  }

  async #store(batch: readonly Dispatch[]): Promise<void> {
    const { context, signal, onInteraction } = this.#options;
    const read: EventReading[] = [];
    for (const dispatch of batch) read.push(...(await this.#read(dispatch)));
    const events = read.map(({ event }) => event);
    const last = batch.at(-1);
    const shard = last && this.#shards.get(last.shard);
    if (last === undefined || shard === undefined || signal.aborted) return;
    const now = context.clock.now();
    const isDue = events.length > 0 || now - shard.notedAt >= NOTE_EVERY_MS;
    const next = advanced(shard, last.sequence, events);
    const receipts = isDue
      ? await context.receive(events, { cursor: { name: cursorName(last.shard), value: stored(next) } })
      : [];
    Object.assign(shard, next, isDue ? { notedAt: now } : {});
    for (const [index, { acknowledgement }] of read.entries()) {
      if (acknowledgement === undefined) continue;
      const isDropped = receipts[index]?.status === "dropped";
      onInteraction({ ...acknowledgement, ...(isDropped ? { refusal: NOT_FOR_YOU } : {}) });
    }
  }

  async #read({ type, data, shard, sequence }: Dispatch): Promise<readonly EventReading[]> {
    const { context, directory, lookups, onDirect, onDeleted, marked } = this.#options;
    const { self, application, isPrivate } = this.#options;
    directory.follow(type, data);
    const delivery = `${this.session(shard)?.id ?? "none"}:${sequence}`;
    await lookups.complete(data);
    const reading = readDispatch(type, data, {
      directory,
      self,
      application,
      isPrivate,
      now: context.clock.now(),
      delivery,
    });
    if (reading.type === "dropped") {
      const fields = { type, id: isRecord(data) ? data["id"] : undefined, reason: reading.reason };
      if (reading.malformed) context.log.warn(fields, "Dropped an event that cannot be read");
      else context.log.debug(fields, "Dropped an event that says nothing");
    }
    if (reading.type !== "event") return [];
    const { event } = reading;
    const isWritten = event.kind === "message" || event.kind === "command";
    if (isWritten && event.chat.kind === "dm") onDirect(event.address.chat);
    if (event.kind === "message") {
      if (event.address.message !== undefined)
        directory.wrote(event.address.thread ?? event.address.chat, event.address.message);
    }
    if (event.kind === "deleted") onDeleted(event.messages);
    return [{ ...reading, event: marked(event) }];
  }
}

type EventReading = Extract<Reading, { type: "event" }>;

/** Where a shard stands when these events are stored. */
function advanced(shard: Shard, sequence: number, events: readonly InboundEvent[]): Shard {
  const ids = events.flatMap(({ kind, address }) => (kind === "message" ? (address.message ?? []) : []));
  const newest = ids.reduce((latest, id) => (isNewer(id, latest) ? id : latest), shard.ahead);
  return {
    ...shard,
    ...(shard.session === undefined ? {} : { session: { ...shard.session, sequence } }),
    ahead: newest,
    newest: shard.isBehind ? shard.newest : newest,
  };
}

function stored({ session, newest, isBehind }: Shard) {
  return { newest, ...(session === undefined || isBehind ? {} : { session }) };
}
