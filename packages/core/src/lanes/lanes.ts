import type { Clock } from "../contract/connection.js";
import type { Aside } from "../session/turn-taking.js";

/** One piece of work, known by number only: bodies stay in the store until their turn, so that waiting is cheap. */
export interface LaneItem {
  readonly seq: number;
  /** The platform's order; items without one follow in order of arrival. */
  readonly order: number | undefined;
  /** Not before this time, Unix ms. */
  readonly dueAt: number;
}

/**
 * Undefined: done with the item. A time: the item keeps its lane and is tried again then. Numbers: done with it, and with these
 * items of the lane as well.
 */
export type WorkResult = { readonly retryAt: number } | { readonly also: readonly number[] } | undefined;

/**
 * Must not reject. What it waits for `aside` takes no place among the lanes that run; `following` tells what waits behind the item.
 */
export type LaneWork = (
  identity: string,
  key: string,
  item: LaneItem,
  aside: Aside,
  following: () => readonly LaneItem[],
) => Promise<WorkResult>;

interface Lane {
  readonly identity: string;
  key: string;
  items: LaneItem[];
  /** Index of the next item; taken ones are cut off in bulk. */
  head: number;
  state: "idle" | "ready" | "running" | "waiting";
  cancelWait: (() => void) | undefined;
  /** Lanes that were joined into this one and are still at work. */
  blockedBy: number;
  /** The lane that this one was joined into while it was at work. */
  successor: Lane | undefined;
}

/**
 * Runs items one after another within a lane, lanes side by side up to a bound. Lanes take turns, and so do identities, so
 * that neither a busy chat nor a busy account keeps the others waiting.
 */
export class Lanes {
  readonly #maxRunning: number;
  readonly #clock: Clock;
  readonly #work: LaneWork;
  readonly #lanes = new Map<string, Lane>();
  /** Lanes that could run now, by identity; the map's order is the order of turns. */
  readonly #ready = new Map<string, Lane[]>();
  readonly #paused = new Set<string>();
  readonly #running = new Set<Promise<void>>();
  /** How many of them wait aside. */
  #aside = 0;
  /** Items waiting or at work, by identity. */
  readonly #sizes = new Map<string, number>();
  #waitingForRoom: { readonly identity: string; readonly below: number; readonly resolve: () => void }[] = [];
  #stopped = false;

  constructor(options: {
    readonly maxRunning: number;
    readonly clock: Clock;
    readonly work: LaneWork;
  }) {
    this.#maxRunning = options.maxRunning;
    this.#clock = options.clock;
    this.#work = options.work;
  }

  /** An identity's items that wait or are at work. */
  size(identity: string): number {
    return this.#sizes.get(identity) ?? 0;
  }

  /** Items that came together are put in order before any of them is started. */
  push(
    identity: string,
    items: readonly (LaneItem & { readonly session: string; readonly lane?: string | undefined })[],
  ): void {
    if (this.#stopped) return;
    for (const { session, lane = session, seq, order, dueAt } of items)
      this.#insert(identity, lane, { seq, order, dueAt });
    this.#startWork();
  }

  /** Lane keys are unique over identities: they begin with the identity. */
  #insert(identity: string, key: string, item: LaneItem): void {
    let lane = this.#lanes.get(key);
    if (lane === undefined) {
      lane = {
        identity,
        key,
        items: [],
        head: 0,
        state: "idle",
        cancelWait: undefined,
        blockedBy: 0,
        successor: undefined,
      };
      this.#lanes.set(key, lane);
    }
    insertInOrder(lane, item);
    this.#sizes.set(identity, this.size(identity) + 1);
    if (lane.state === "idle") this.#makeReady(lane);
  }

  /** Resolves when fewer than `below` of the identity's items are left; at once while it is paused, since then none ends. */
  room(identity: string, below: number): Promise<void> {
    if (this.#hasRoom(identity, below)) return Promise.resolve();
    return new Promise((resolve) => this.#waitingForRoom.push({ identity, below, resolve }));
  }

  /** A lane goes on under another key; where there is such a lane already, the two become one. */
  rename(identity: string, renamed: (key: string) => string): void {
    for (const lane of [...this.#lanes.values()]) {
      const key = renamed(lane.key);
      if (lane.identity !== identity || key === lane.key) continue;
      const target = this.#lanes.get(key);
      this.#lanes.delete(lane.key);
      lane.key = key;
      if (target === undefined) this.#lanes.set(key, lane);
      else this.#join(lane, target);
    }
    this.#startWork();
  }

  #join(from: Lane, into: Lane): void {
    const waiting = [...from.items.splice(from.head), ...into.items.splice(into.head)];
    into.items.push(
      ...waiting.sort((a, b) => (comesAfter(a, b) ? 1 : comesAfter(b, a) ? -1 : a.seq - b.seq)),
    );
    from.cancelWait?.();
    into.cancelWait?.();
    into.cancelWait = undefined;
    const held = from.blockedBy + (from.state === "running" ? 1 : 0);
    if (held > 0) {
      from.successor = into;
      from.blockedBy = 0;
      into.blockedBy += held;
    }
    if (into.state === "idle" || into.state === "waiting") this.#makeReady(into);
  }

  /** While paused, an identity's lanes collect and start nothing. */
  pause(identity: string): void {
    this.#paused.add(identity);
    this.#announceRoom();
  }

  resume(identity: string): void {
    if (this.#paused.delete(identity)) this.#startWork();
  }

  /** Starts nothing more. Resolves when what is at work has settled. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const lane of this.#lanes.values()) lane.cancelWait?.();
    for (const { resolve } of this.#waitingForRoom.splice(0)) resolve();
    await Promise.all(this.#running);
  }

  #makeReady(lane: Lane): void {
    if (lane.blockedBy > 0) {
      lane.state = "idle";
      return;
    }
    lane.state = "ready";
    const queue = this.#ready.get(lane.identity);
    if (queue === undefined) this.#ready.set(lane.identity, [lane]);
    else queue.push(lane);
  }

  readonly #waitAside: Aside = async (wait) => {
    this.#aside++;
    this.#startWork();
    try {
      return await wait;
    } finally {
      this.#aside--;
    }
  };

  #startWork(): void {
    while (!this.#stopped && this.#running.size - this.#aside < this.#maxRunning) {
      const lane = this.#nextReady();
      if (lane === undefined) return;
      if (lane.blockedBy > 0) {
        lane.state = "idle";
        continue;
      }
      const item = lane.items[lane.head];
      if (item === undefined) {
        this.#forget(lane);
        continue;
      }
      if (item.dueAt > this.#clock.now()) {
        this.#waitFor(lane, item.dueAt);
        continue;
      }
      lane.state = "running";
      lane.head++;
      const following = () => {
        const { items, head } = heirOf(lane) ?? lane;
        return items.slice(head);
      };
      const running: Promise<void> = this.#work(
        lane.identity,
        lane.key,
        item,
        this.#waitAside,
        following,
      ).then((result) => {
        this.#running.delete(running);
        this.#settled(lane, item, result);
      });
      this.#running.add(running);
    }
  }

  #nextReady(): Lane | undefined {
    for (const [identity, queue] of this.#ready) {
      if (this.#paused.has(identity)) continue;
      const lane = queue.shift();
      // To the end of the map: the next identity's turn.
      this.#ready.delete(identity);
      if (queue.length > 0) this.#ready.set(identity, queue);
      if (lane !== undefined) return lane;
    }
    return undefined;
  }

  #settled(lane: Lane, item: LaneItem, result: WorkResult): void {
    const heir = heirOf(lane);
    if (result === undefined || "also" in result) {
      const also = result === undefined ? 0 : takeOut(heir ?? lane, result.also);
      const left = this.size(lane.identity) - 1 - also;
      if (left === 0) this.#sizes.delete(lane.identity);
      else this.#sizes.set(lane.identity, left);
      this.#announceRoom();
    } else {
      const { items, head } = heir ?? lane;
      items.splice(head, 0, { ...item, dueAt: result.retryAt });
    }
    if (heir !== undefined) this.#handOver(heir);
    else if (lane.head >= lane.items.length) this.#forget(lane);
    else {
      trim(lane);
      this.#makeReady(lane);
    }
    this.#startWork();
  }

  /** What was joined into the lane has settled. */
  #handOver(lane: Lane): void {
    lane.blockedBy--;
    if (lane.state !== "idle") return;
    if (lane.head < lane.items.length) this.#makeReady(lane);
    else this.#forget(lane);
  }

  #waitFor(lane: Lane, dueAt: number): void {
    lane.state = "waiting";
    lane.cancelWait = this.#clock.after(Math.max(1, dueAt - this.#clock.now()), () => {
      lane.cancelWait = undefined;
      if (this.#stopped) return;
      this.#makeReady(lane);
      this.#startWork();
    });
  }

  #forget(lane: Lane): void {
    lane.state = "idle";
    if (lane.blockedBy === 0 && this.#lanes.get(lane.key) === lane) this.#lanes.delete(lane.key);
  }

  #announceRoom(): void {
    if (this.#waitingForRoom.length === 0) return;
    const waiting = this.#waitingForRoom;
    this.#waitingForRoom = waiting.filter(({ identity, below }) => !this.#hasRoom(identity, below));
    for (const { identity, below, resolve } of waiting) if (this.#hasRoom(identity, below)) resolve();
  }

  #hasRoom(identity: string, below: number): boolean {
    return this.#stopped || this.#paused.has(identity) || this.size(identity) < below;
  }
}

/** The lane that this one became by one join or several. */
function heirOf(lane: Lane): Lane | undefined {
  let heir = lane.successor;
  while (heir?.successor !== undefined) heir = heir.successor;
  return heir;
}

/** Behind everything that the platform ordered before it; an item already taken is not overtaken. */
function insertInOrder(lane: Lane, item: LaneItem): void {
  let position = lane.items.length;
  while (position > lane.head) {
    const before = lane.items[position - 1];
    if (before === undefined || !comesAfter(before, item)) break;
    position--;
  }
  lane.items.splice(position, 0, item);
}

/** @returns how many of them were there */
function takeOut(lane: Lane, seqs: readonly number[]): number {
  const before = lane.items.length;
  lane.items = lane.items.filter(({ seq }, index) => index < lane.head || !seqs.includes(seq));
  return before - lane.items.length;
}

function comesAfter(a: LaneItem, b: LaneItem): boolean {
  return a.order !== undefined && b.order !== undefined && a.order > b.order;
}

function trim(lane: Lane): void {
  if (lane.head < 64) return;
  lane.items = lane.items.slice(lane.head);
  lane.head = 0;
}
