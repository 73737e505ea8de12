import type { Buttons } from "../buttons/buttons.js";
import type { AccountHandle } from "../connection/handle.js";
import type { Clock, Cursor, Receipt } from "../contract/connection.js";
import type { InboundEvent } from "../contract/event.js";
import { FATES } from "../contract/fate.js";
import type { Durably } from "../durable.js";
import type { Fresh } from "../fresh.js";
import { hasHostKey } from "../heartbeat/wake.js";
import type { Lanes } from "../lanes/lanes.js";
import type { Sessions } from "../session/sessions.js";
import type { EventHead, NewEvent, Store, StoredEvent } from "../store/port.js";
import type { ChatDirectory } from "./chats.js";

/** Keys are remembered at least this long, whatever a platform promises. */
const MIN_KEY_WINDOW_MS = 48 * 60 * 60 * 1000;
const REPLAY_PAGE = 500;

/** Makes events durable, once, and hands them to the lanes. Nothing here waits for an agent. */
export class Inbox {
  readonly #store: Store;
  readonly #durably: Durably;
  readonly #lanes: Lanes;
  readonly #chats: ChatDirectory;
  readonly #sessions: Sessions;
  readonly #buttons: Buttons;
  readonly #clock: Clock;
  readonly #maxWaiting: number;
  readonly #fresh: Fresh<StoredEvent>;

  constructor(options: {
    readonly store: Store;
    readonly durably: Durably;
    readonly lanes: Lanes;
    readonly chats: ChatDirectory;
    readonly sessions: Sessions;
    readonly buttons: Buttons;
    readonly clock: Clock;
    readonly maxWaiting: number;
    /** Takes what was stored, for the turns. */
    readonly fresh: Fresh<StoredEvent>;
  }) {
    this.#store = options.store;
    this.#durably = options.durably;
    this.#lanes = options.lanes;
    this.#chats = options.chats;
    this.#sessions = options.sessions;
    this.#buttons = options.buttons;
    this.#clock = options.clock;
    this.#maxWaiting = options.maxWaiting;
    this.#fresh = options.fresh;
  }

  /** See `ConnectionContext.receive`. */
  async receive(
    handle: AccountHandle,
    events: readonly InboundEvent[],
    cursor?: Cursor,
  ): Promise<readonly Receipt[]> {
    const { identity } = handle.owner;
    if (events.length > 0) await this.#lanes.room(identity, this.#maxWaiting);
    if (events.some(hasHostKey)) return this.#withoutWakes(handle, events, cursor);
    return handle.places.share(() => this.#accept(handle, events, cursor));
  }

  /** Nobody outside makes the host's events: policy does not judge those. */
  async #withoutWakes(
    handle: AccountHandle,
    events: readonly InboundEvent[],
    cursor: Cursor | undefined,
  ): Promise<readonly Receipt[]> {
    const others = events.filter((event) => !hasHostKey(event));
    handle.dropped += events.length - others.length;
    const receipts = await handle.places.share(() => this.#accept(handle, others, cursor));
    const next = receipts[Symbol.iterator]();
    return events.map((event): Receipt => {
      const receipt = hasHostKey(event) ? undefined : next.next().value;
      return receipt ?? { status: "dropped", reason: "its key is one of the host's own" };
    });
  }

  /** Takes an event that the host itself made. */
  async wake(handle: AccountHandle, event: InboundEvent): Promise<Receipt | undefined> {
    const [receipt] = await handle.places.share(() => this.#accept(handle, [event], undefined));
    return receipt;
  }

  async #accept(
    handle: AccountHandle,
    events: readonly InboundEvent[],
    cursor: Cursor | undefined,
  ): Promise<readonly Receipt[]> {
    const { identity, lease } = handle.owner;
    const at = this.#clock.now();
    const dropReasons = events.map((event) => reasonToDrop(handle, event));
    const wanted = events.filter((_, index) => dropReasons[index] === undefined);
    const kept = wanted.some(isPress) ? await this.#opened(handle, wanted) : this.#placed(handle, wanted);
    handle.dropped += events.length - kept.length;
    if (kept.length === 0 && cursor === undefined)
      return dropReasons.map((reason) => ({ status: "dropped", reason: reason ?? "" }));

    const keysUntil = at + Math.max(MIN_KEY_WINDOW_MS, handle.connector.features.transport.windowMs);
    const request = { events: kept, at, keysUntil, ...(cursor === undefined ? {} : { cursor }) };
    const results = await this.#durably.do(() => this.#store.accept(lease, request));
    if (kept.length > 0) handle.lastInbound = at;

    const accepted: EventHead[] = [];
    const stored = results[Symbol.iterator]();
    const placed = kept[Symbol.iterator]();
    const receipts = dropReasons.map((reason): Receipt => {
      if (reason !== undefined) return { status: "dropped", reason };
      const result = stored.next().value;
      const entry: NewEvent | undefined = placed.next().value;
      if (result === undefined || entry === undefined)
        throw new Error("the store answered for fewer events than it was given");
      if (result.status === "refused") {
        handle.log.error(
          { keys: entry.event.keys, reason: result.reason },
          "an event cannot be stored and is lost",
        );
        return { status: "dropped", reason: result.reason };
      }
      if (result.status === "duplicate") return { status: "duplicate" };
      const event = toStored(identity, result.seq, entry, at);
      this.#fresh.keep(event.seq, event);
      accepted.push(event);
      if (!hasHostKey(entry.event)) this.#chats.note(handle, entry.event);
      return { status: "accepted", event: result.seq };
    });
    this.#lanes.push(identity, accepted);
    return receipts;
  }

  /** Too much waits for an account that is not connected; what comes must be brought again. */
  isFull(handle: AccountHandle): boolean {
    return handle.connection === undefined && this.#lanes.size(handle.owner.identity) >= this.#maxWaiting;
  }

  /** Puts what an earlier run left unfinished back into its lanes. */
  async replay(handle: AccountHandle): Promise<number> {
    const { identity } = handle.owner;
    let count = 0;
    for (let after = 0; ; ) {
      const from = after;
      const page = await handle.places.share(async () => {
        const heads = await this.#store.unfinished(identity, from, REPLAY_PAGE);
        this.#lanes.push(identity, heads);
        return heads;
      });
      count += page.length;
      const last = page.at(-1);
      if (last === undefined || page.length < REPLAY_PAGE) return count;
      after = last.seq;
    }
  }

  async #opened(handle: AccountHandle, events: readonly InboundEvent[]): Promise<readonly NewEvent[]> {
    return this.#placed(handle, await Promise.all(events.map((event) => this.#buttons.open(handle, event))));
  }

  #placed(handle: AccountHandle, events: readonly InboundEvent[]): readonly NewEvent[] {
    return events.map((event) => this.#place(handle, event));
  }

  #place(handle: AccountHandle, event: InboundEvent): NewEvent {
    const address = handle.currentAddress(event.address);
    const placed = address === event.address ? event : { ...event, address };
    return { event: placed, ...this.#sessions.place(handle, placed) };
  }
}

function toStored(
  identity: string,
  seq: number,
  { event, session, lane }: NewEvent,
  receivedAt: number,
): StoredEvent {
  return {
    seq,
    identity,
    session,
    lane,
    event,
    order: event.order,
    receivedAt,
    dueAt: 0,
    attempts: 0,
    startedAt: undefined,
    finishedAt: undefined,
    decision: { fate: "accepted", reason: FATES.accepted, rule: "inbox" },
  };
}

/** Only what can never matter, so that a platform's echo does not fill the store. */
function reasonToDrop(handle: AccountHandle, event: InboundEvent): string | undefined {
  if (!idsOf(event).every((id) => id === undefined || id.isWellFormed())) return "an id in it is not text";
  if (event.sender.isSelf) return "the account's own message";
  if (handle.groupSettings(event).enabled?.value === false) return "the chat is switched off";
  return undefined;
}

function idsOf({ address, sender }: InboundEvent): readonly (string | undefined)[] {
  return [address.space, address.chat, address.thread, address.message, sender.id, ...(sender.aliases ?? [])];
}

function isPress({ kind }: InboundEvent): boolean {
  return kind === "button";
}
