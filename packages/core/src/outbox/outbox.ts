import type { AccountHandle } from "../connection/handle.js";
import type { Clock } from "../contract/connection.js";
import type { OperationHead, Store } from "../store/port.js";
import type { PaceBook } from "./paces.js";
import type { Sender } from "./sender.js";

const REPLAY_PAGE = 500;

/** An operation to be sent. */
export interface OutboxEntry extends OperationHead {
  /** Of the policy that it was committed under; absent when an earlier run committed it. */
  readonly policyRevision?: number;
}

interface Entry extends OutboxEntry {
  /** When it first failed, Unix ms; it holds back its lane only for so long after that. */
  readonly failedSince: number | undefined;
}

interface OutboxLane {
  readonly handle: AccountHandle;
  key: string;
  readonly entries: Entry[];
  /** The entry that is being sent. */
  sending: Entry | undefined;
  /** Lanes that were joined into this one and are still sending. */
  blockedBy: number;
  /** The lane that this one was joined into while it was sending. */
  successor: OutboxLane | undefined;
  /** `parked` waits for its account's connection, or for a lane that was joined into it. */
  state: "ready" | "running" | "waiting" | "parked";
  cancelWait: (() => void) | undefined;
}

/** One account's lanes: accounts share nothing, so that a platform that hangs holds up itself alone. */
interface Share {
  readonly lanes: Map<string, OutboxLane>;
  readonly ready: OutboxLane[];
  running: number;
}

/**
 * Sends operations: in order within a chat or thread, chats side by side. An operation that has to be tried again holds
 * back the later ones of its lane for a bounded time only.
 */
export class Outbox {
  readonly #sender: Sender;
  readonly #paces: PaceBook;
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #laneHoldMs: number;
  readonly #maxCalls: number;
  readonly #shares = new Map<AccountHandle, Share>();
  readonly #running = new Set<Promise<void>>();
  #stopped = false;

  constructor(options: {
    readonly sender: Sender;
    readonly paces: PaceBook;
    readonly store: Store;
    readonly clock: Clock;
    readonly laneHoldMs: number;
    /** Calls under way at once, for each account. */
    readonly maxCalls: number;
  }) {
    this.#sender = options.sender;
    this.#paces = options.paces;
    this.#store = options.store;
    this.#clock = options.clock;
    this.#laneHoldMs = options.laneHoldMs;
    this.#maxCalls = options.maxCalls;
  }

  push(handle: AccountHandle, head: OutboxEntry): void {
    if (this.#stopped) return;
    const share = this.#share(handle);
    // What an earlier run put off has failed before and holds its lane no longer than any other.
    const failedSince = head.dueAt > this.#clock.now() ? this.#clock.now() : undefined;
    const entry = { ...head, failedSince };
    const lane = share.lanes.get(head.lane);
    if (lane === undefined) {
      const added: OutboxLane = {
        handle,
        key: head.lane,
        entries: [entry],
        sending: undefined,
        blockedBy: 0,
        successor: undefined,
        state: "ready",
        cancelWait: undefined,
      };
      share.lanes.set(head.lane, added);
      share.ready.push(added);
    } else {
      lane.entries.push(entry);
      if (lane.state === "waiting") this.#wake(lane);
    }
    this.#startWork(share);
  }

  /** A lane goes on under another key; where there is such a lane already, the two become one. */
  rename(handle: AccountHandle, renamed: (key: string) => string): void {
    const share = this.#share(handle);
    for (const lane of [...share.lanes.values()]) {
      const key = renamed(lane.key);
      if (key === lane.key) continue;
      const target = share.lanes.get(key);
      share.lanes.delete(lane.key);
      lane.key = key;
      if (target === undefined) share.lanes.set(key, lane);
      else this.#join(lane, target);
    }
    this.#startWork(share);
  }

  #join(from: OutboxLane, into: OutboxLane): void {
    into.entries.push(...from.entries.splice(0).filter((entry) => entry !== from.sending));
    into.entries.sort((a, b) => a.seq - b.seq);
    from.cancelWait?.();
    const held = from.blockedBy + (from.sending === undefined ? 0 : 1);
    if (held > 0) {
      from.successor = into;
      from.blockedBy = 0;
      into.blockedBy += held;
    }
    if (into.state === "waiting") this.#wake(into);
  }

  /** Takes up what an earlier run left open. */
  async replay(handle: AccountHandle): Promise<number> {
    await this.#paces.restore(handle);
    let count = 0;
    for (let after = 0; ; ) {
      const from = after;
      const page = await handle.places.share(async () => {
        const heads = await this.#store.openOperations(handle.owner.identity, from, REPLAY_PAGE);
        for (const head of heads) this.push(handle, head);
        return heads;
      });
      count += page.length;
      const last = page.at(-1);
      if (last === undefined || page.length < REPLAY_PAGE) return count;
      after = last.seq;
    }
  }

  /** The account has a connection again. */
  connected(handle: AccountHandle): void {
    const share = this.#share(handle);
    for (const lane of share.lanes.values()) if (lane.state === "parked") this.#wake(lane);
    this.#startWork(share);
  }

  /** Resolves when nothing is left that could be sent at once. */
  async settled(): Promise<void> {
    while (!this.#stopped && this.#running.size > 0) await Promise.race(this.#running);
  }

  /** Starts no more calls; resolves when those under way have ended and are recorded. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const { lanes } of this.#shares.values()) for (const lane of lanes.values()) lane.cancelWait?.();
    await Promise.all(this.#running);
  }

  #startWork(share: Share): void {
    while (!this.#stopped && share.running < this.#maxCalls) {
      const lane = share.ready.shift();
      if (lane === undefined) return;
      if (lane.handle.connection === undefined || lane.blockedBy > 0) {
        lane.state = "parked";
        continue;
      }
      const now = this.#clock.now();
      const entry = lane.entries[this.#nextEntry(lane, now)];
      if (entry === undefined) {
        if (lane.entries.length > 0) this.#waitForNext(lane, now);
        continue;
      }
      lane.state = "running";
      lane.sending = entry;
      share.running++;
      const running: Promise<void> = this.#sender.send(lane.handle, entry).then((result) => {
        this.#running.delete(running);
        share.running--;
        const again =
          result === undefined
            ? []
            : [{ ...entry, dueAt: result.retryAt, failedSince: entry.failedSince ?? now }];
        this.#settled(share, lane, entry, again);
        this.#startWork(share);
      });
      this.#running.add(running);
    }
  }

  /** @param again the entry as it is to be tried again, or nothing */
  #settled(share: Share, lane: OutboxLane, entry: Entry, again: readonly Entry[]): void {
    lane.sending = undefined;
    const successor = heirOf(lane);
    if (successor === undefined) {
      lane.entries.splice(lane.entries.indexOf(entry), 1, ...again);
      if (lane.entries.length > 0) this.#wake(lane);
      else if (lane.blockedBy === 0) share.lanes.delete(lane.key);
      else lane.state = "parked";
      return;
    }
    successor.entries.push(...again);
    successor.entries.sort((a, b) => a.seq - b.seq);
    successor.blockedBy--;
    if (successor.state !== "parked") return;
    if (successor.entries.length > 0) this.#wake(successor);
    else if (successor.blockedBy === 0) share.lanes.delete(successor.key);
  }

  #share(handle: AccountHandle): Share {
    let share = this.#shares.get(handle);
    if (share === undefined) {
      share = { lanes: new Map(), ready: [], running: 0 };
      this.#shares.set(handle, share);
    }
    return share;
  }

  /** The first entry that may go: due, and not behind one that still holds the lane. -1 when there is none. */
  #nextEntry(lane: OutboxLane, now: number): number {
    for (const [index, entry] of lane.entries.entries()) {
      if (entry.dueAt <= now) return index;
      if (entry.failedSince === undefined || now - entry.failedSince < this.#laneHoldMs) return -1;
    }
    return -1;
  }

  #waitForNext(lane: OutboxLane, now: number): void {
    lane.state = "waiting";
    // Two things can let an entry go: its own time, or that the one before it gives up holding the lane.
    const times = lane.entries
      .flatMap((entry) => [
        entry.dueAt,
        ...(entry.failedSince === undefined ? [] : [entry.failedSince + this.#laneHoldMs]),
      ])
      .filter((time) => time > now);
    lane.cancelWait = this.#clock.after(Math.max(1, Math.min(...times) - now), () => {
      this.#wake(lane);
      this.#startWork(this.#share(lane.handle));
    });
  }

  #wake(lane: OutboxLane): void {
    lane.cancelWait?.();
    lane.cancelWait = undefined;
    lane.state = "ready";
    this.#share(lane.handle).ready.push(lane);
  }
}

/** The lane that this one became by one join or several. */
function heirOf(lane: OutboxLane): OutboxLane | undefined {
  let heir = lane.successor;
  while (heir?.successor !== undefined) heir = heir.successor;
  return heir;
}
