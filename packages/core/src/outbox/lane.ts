import type { AccountHandle } from "../connection/handle.js";
import type { OperationHead } from "../store/port.js";

/** An operation to be sent. */
export interface OutboxEntry extends OperationHead {
  /** Of the policy that it was decided under; absent when an earlier run committed it. */
  readonly policyRevision?: number;
}

export interface Entry extends OutboxEntry {
  /** When it first failed, Unix ms; it holds back its lane only for so long after that. */
  readonly failedSince: number | undefined;
}

/** Operations for one chat or thread, in order. */
export interface OutboxLane {
  readonly handle: AccountHandle;
  key: string;
  readonly entries: Entry[];
  /** What is being sent; `reserved` while its commit is under way. */
  sending: Entry | "reserved" | undefined;
  /** What came of operations before is being written down, by their number. */
  readonly recording: Map<number, Promise<void>>;
  /** Lanes that were joined into this one and are still sending. */
  blockedBy: number;
  /** The lane that this one was joined into while it was sending. */
  successor: OutboxLane | undefined;
  /** `parked` waits for its account's connection, or for a lane that was joined into it. */
  state: "ready" | "running" | "waiting" | "parked";
  cancelWait: (() => void) | undefined;
}

export function newLane(handle: AccountHandle, key: string, state: OutboxLane["state"]): OutboxLane {
  return {
    handle,
    key,
    entries: [],
    sending: undefined,
    recording: new Map(),
    blockedBy: 0,
    successor: undefined,
    state,
    cancelWait: undefined,
  };
}

/** The first entry that may go: due, and not behind one that still holds the lane. */
export function nextEntry(lane: OutboxLane, now: number, laneHoldMs: number): Entry | undefined {
  for (const entry of lane.entries) {
    if (entry.dueAt <= now) return entry;
    if (entry.failedSince === undefined || now - entry.failedSince < laneHoldMs) return undefined;
  }
  return undefined;
}

/** When `nextEntry` may find one, Unix ms: at an entry's own time, or when the one before it gives up holding the lane. */
export function nextTime(lane: OutboxLane, now: number, laneHoldMs: number): number {
  const times = lane.entries
    .flatMap(({ dueAt, failedSince }) =>
      failedSince === undefined ? [dueAt] : [dueAt, failedSince + laneHoldMs],
    )
    .filter((time) => time > now);
  return Math.max(now + 1, Math.min(...times));
}

/** The lane that this one became by one join or several; itself when it was never joined. */
export function heirOf(lane: OutboxLane): OutboxLane {
  let heir = lane;
  while (heir.successor !== undefined) heir = heir.successor;
  return heir;
}

/** Puts an entry in order; one of the same operation that waits there already gives way to it. */
export function insert(lane: OutboxLane, entry: Entry): void {
  const { index, isThere } = place(lane, entry.seq);
  lane.entries.splice(index, isThere ? 1 : 0, entry);
}

export function insertAll(lane: OutboxLane, entries: readonly Entry[]): void {
  if (entries.length === 0) return;
  lane.entries.push(...entries);
  lane.entries.sort((a, b) => a.seq - b.seq);
}

/** Whether the operation waits here. */
export function isWaiting(lane: OutboxLane, seq: number): boolean {
  return place(lane, seq).isThere;
}

/** Looked for from the end, where new ones belong. */
function place({ entries }: OutboxLane, seq: number): { readonly index: number; readonly isThere: boolean } {
  const before = entries.findLastIndex((entry) => entry.seq <= seq);
  return entries[before]?.seq === seq
    ? { index: before, isThere: true }
    : { index: before + 1, isThere: false };
}
