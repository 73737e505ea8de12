import type { AccountHandle } from "../connection/handle.js";
import type { Clock } from "../contract/connection.js";
import type { Part } from "../contract/operation.js";
import { Fresh } from "../fresh.js";
import type { NewOperation, Store, StoredOperation } from "../store/port.js";
import {
  type Entry,
  heirOf,
  insert,
  insertAll,
  isWaiting,
  newLane,
  nextEntry,
  nextTime,
  type OutboxEntry,
  type OutboxLane,
} from "./lane.js";
import type { PaceBook } from "./paces.js";
import { queuedPart, type Sender, type SendOutcome } from "./sender.js";

const REPLAY_PAGE = 500;
/** Operations that wait for a moment only are not read back from the store. */
const MAX_FRESH = 512;

/** One account's lanes: accounts share nothing, so that a platform that hangs holds up itself alone. */
interface Share {
  readonly lanes: Map<string, OutboxLane>;
  readonly ready: OutboxLane[];
  running: number;
}

/** An operation that may be committed with its first call announced. One of `start` and `release` must follow. */
export interface Announcement {
  readonly parts: readonly [Part, ...Part[]];
  /**
   * It is committed under this number.
   *
   * @param policyRevision that it was decided at; when another one holds by now, it is decided again before the call
   */
  start(seq: number, policyRevision: number | undefined): void;
  /** It was not committed. */
  release(): void;
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
  readonly #fresh = new Fresh<StoredOperation>(MAX_FRESH);
  readonly #running = new Set<Promise<void>>();
  readonly #watchers = new Map<number, Set<() => void>>();
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

  /**
   * Takes what was committed just now.
   *
   * @param policyRevision that it was decided at
   */
  add(handle: AccountHandle, seq: number, operation: NewOperation, policyRevision?: number): void {
    const head = headOf(seq, operation, policyRevision);
    // The store knows better what became of one that `replay` has found already.
    if (!this.#isKnown(handle, head)) this.#fresh.keep(seq, toStored(handle, seq, operation, []));
    this.push(handle, head);
  }

  #isKnown(handle: AccountHandle, { lane: key, seq }: OutboxEntry): boolean {
    const lane = this.#share(handle).lanes.get(key);
    if (lane === undefined) return false;
    const isSent = typeof lane.sending === "object" && lane.sending.seq === seq;
    return isSent || lane.recording.has(seq) || isWaiting(lane, seq);
  }

  /** Calls back whenever nothing more is done about this operation for now: the store knows what came of it. Returns what ends that. */
  onOver(seq: number, listener: () => void): () => void {
    const listeners = this.#watchers.get(seq) ?? new Set();
    this.#watchers.set(seq, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#watchers.delete(seq);
    };
  }

  #over(seq: number): void {
    for (const listener of this.#watchers.get(seq) ?? []) listener();
  }

  /** Nothing of this lane waits or is being sent. */
  isIdle(handle: AccountHandle, lane: string): boolean {
    return !this.#share(handle).lanes.has(lane);
  }

  /** Takes what is in the store. One that is being sent is looked at once more after that. */
  push(handle: AccountHandle, head: OutboxEntry): void {
    if (this.#stopped) return;
    const share = this.#share(handle);
    // What an earlier run put off has failed before and holds its lane no longer than any other.
    const failedSince = head.dueAt > this.#clock.now() ? this.#clock.now() : undefined;
    const entry = { ...head, failedSince };
    const lane = share.lanes.get(head.lane);
    if (lane === undefined) {
      const added = newLane(handle, head.lane, "parked");
      added.entries.push(entry);
      share.lanes.set(head.lane, added);
      this.#goOn(share, added);
    } else if (!isWaiting(lane, head.seq)) {
      insert(lane, entry);
      this.#goOn(share, lane);
    }
    this.#startWork(share);
  }

  /**
   * Takes the lane of an operation that is about to be committed, when its first call could be made at once: then one commit
   * can hold both. Undefined when it has to wait its turn. Ids must not be renamed until it was started or released.
   */
  async announce(handle: AccountHandle, operation: NewOperation): Promise<Announcement | undefined> {
    const share = this.#share(handle);
    const isFree = handle.connection !== undefined && share.running < this.#maxCalls;
    if (this.#stopped || !isFree || share.lanes.has(operation.lane)) return undefined;
    const lane = newLane(handle, operation.lane, "running");
    lane.sending = "reserved";
    share.lanes.set(operation.lane, lane);
    share.running++;
    const release = () => {
      share.running--;
      lane.sending = undefined;
      this.#goOn(share, lane);
      this.#startWork(share);
    };
    const parts = await this.#sender.announce(handle, operation);
    if (parts === undefined) {
      release();
      return undefined;
    }
    return {
      parts,
      release,
      start: (seq, policyRevision) => {
        const entry = { ...headOf(seq, operation, policyRevision), failedSince: undefined };
        const stored = toStored(handle, seq, operation, parts);
        const isTightened = policyRevision !== undefined && policyRevision !== handle.policyRevision;
        share.running--;
        this.#run(
          share,
          lane,
          entry,
          this.#stopped || isTightened
            ? this.#sender.takeBack(handle, stored)
            : this.#sender.sendAnnounced(handle, stored),
        );
      },
    };
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
      else this.#join(share, lane, target);
    }
    this.#startWork(share);
  }

  #join(share: Share, from: OutboxLane, into: OutboxLane): void {
    insertAll(into, from.entries.splice(0));
    from.cancelWait?.();
    const held = from.blockedBy + (from.sending === undefined ? 0 : 1);
    for (const [seq, recording] of from.recording) into.recording.set(seq, recording);
    if (held > 0 || from.recording.size > 0) from.successor = into;
    from.blockedBy = 0;
    into.blockedBy += held;
    this.#goOn(share, into);
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
    for (const lane of share.lanes.values()) this.#goOn(share, lane);
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
    while (this.#running.size > 0) await Promise.all(this.#running);
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
      const entry = nextEntry(lane, now, this.#laneHoldMs);
      if (entry === undefined) {
        if (lane.entries.length > 0) this.#waitForNext(share, lane, now);
        continue;
      }
      // An operation that was taken up twice is not looked at before its own call is on record.
      if (lane.recording.has(entry.seq)) {
        lane.state = "parked";
        continue;
      }
      lane.entries.splice(lane.entries.indexOf(entry), 1);
      const sending = this.#sender.send(lane.handle, entry, {
        operation: this.#fresh.take(entry.seq),
        recording: lane.recording,
      });
      this.#run(share, lane, entry, sending);
    }
  }

  #run(share: Share, lane: OutboxLane, entry: Entry, sending: Promise<SendOutcome>): void {
    const startedAt = this.#clock.now();
    lane.state = "running";
    lane.sending = entry;
    share.running++;
    this.#track(sending, (outcome) => {
      share.running--;
      lane.sending = undefined;
      const heir = heirOf(lane);
      if (heir !== lane) heir.blockedBy--;
      const again = (retryAt: number): Entry => ({
        ...entry,
        dueAt: retryAt,
        failedSince: entry.failedSince ?? startedAt,
      });
      if (outcome === undefined) this.#over(entry.seq);
      else if ("retryAt" in outcome) insert(heir, again(outcome.retryAt));
      else {
        // The next one may begin meanwhile; it is announced in the same commit and called after it.
        const recording = this.#track(outcome.recorded, (retry) => {
          const owner = heirOf(lane);
          owner.recording.delete(entry.seq);
          if (retry !== undefined) insert(owner, again(retry.retryAt));
          else this.#over(entry.seq);
          this.#goOn(share, owner);
          this.#startWork(share);
        });
        heir.recording.set(entry.seq, recording);
      }
      this.#goOn(share, heir);
      this.#startWork(share);
    });
  }

  /** Work that `stop` waits for. */
  #track<T>(work: Promise<T>, then: (result: T) => void): Promise<void> {
    const tracked: Promise<void> = work.then((result) => {
      this.#running.delete(tracked);
      then(result);
    });
    this.#running.add(tracked);
    return tracked;
  }

  #share(handle: AccountHandle): Share {
    let share = this.#shares.get(handle);
    if (share === undefined) {
      share = { lanes: new Map(), ready: [], running: 0 };
      this.#shares.set(handle, share);
    }
    return share;
  }

  #waitForNext(share: Share, lane: OutboxLane, now: number): void {
    lane.state = "waiting";
    lane.cancelWait = this.#clock.after(nextTime(lane, now, this.#laneHoldMs) - now, () => {
      this.#goOn(share, lane);
      this.#startWork(share);
    });
  }

  /** A lane that is not at work gets in line when it has something to do, and is forgotten when nothing is left of it. */
  #goOn(share: Share, lane: OutboxLane): void {
    if (lane.sending !== undefined || lane.state === "ready") return;
    lane.cancelWait?.();
    lane.cancelWait = undefined;
    if (lane.entries.length > 0) {
      lane.state = "ready";
      share.ready.push(lane);
      return;
    }
    lane.state = "parked";
    const isOver = lane.blockedBy === 0 && lane.recording.size === 0;
    if (isOver && share.lanes.get(lane.key) === lane) share.lanes.delete(lane.key);
  }
}

function headOf(seq: number, { lane }: NewOperation, policyRevision: number | undefined): OutboxEntry {
  return { seq, lane, dueAt: 0, ...(policyRevision === undefined ? {} : { policyRevision }) };
}

function toStored(
  handle: AccountHandle,
  seq: number,
  operation: NewOperation,
  parts: readonly Part[],
): StoredOperation {
  return {
    ...operation,
    seq,
    identity: handle.owner.identity,
    dueAt: 0,
    state: "open",
    reason: undefined,
    parts: parts.map(queuedPart),
  };
}
