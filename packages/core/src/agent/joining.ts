import { readCommand } from "../commands/read.js";
import type { AccountHandle } from "../connection/handle.js";
import type { Clock } from "../contract/connection.js";
import type { InboundEvent } from "../contract/event.js";
import { isOpen } from "../contract/fate.js";
import type { Durably } from "../durable.js";
import type { LaneItem } from "../lanes/lanes.js";
import type { Store, StoredEvent } from "../store/port.js";

/** The parts of an album come one by one; so long after the last one it is taken for whole. */
const ALBUM_WINDOW_MS = 1_000;
/** Somebody who never stops is answered after so many windows all the same. */
const MAX_WINDOWS = 10;
/** Of one turn, and how far a lane is looked through for them. */
const MAX_PARTS = 50;

export interface JoiningOptions {
  readonly store: Store;
  readonly durably: Durably;
  readonly clock: Clock;
}

/** What belongs to one turn with an event, or when it will be clear. */
export type Gathered = { readonly rest: readonly StoredEvent[] } | { readonly retryAt: number };

const ALONE: Gathered = { rest: [] };

/**
 * Finds what was sent as one: the parts of an album, and what a sender writes within `debounceMs`. A command begins a turn of its
 * own, which goes on with what is written after it. Everything waits in the store, and
 * the lane holds its place; after a restart the windows begin anew, so that parts which the platform brings again are waited for.
 */
export class Joining {
  readonly #options: JoiningOptions;
  /** When the first event of what is being waited for was looked at in this run, Unix ms; at most one per lane. */
  readonly #lookedAt = new Map<number, number>();

  constructor(options: JoiningOptions) {
    this.#options = options;
  }

  /** @param following what waits behind it in its lane */
  async gather(
    handle: AccountHandle,
    first: StoredEvent,
    following: () => readonly LaneItem[],
  ): Promise<Gathered> {
    const windowMs = windowOf(handle, first.event);
    if (windowMs === 0) return ALONE;
    const { store, durably, clock } = this.#options;
    const now = clock.now();
    const lookedAt = this.#lookedAt.get(first.seq) ?? now;
    const seqs = following()
      .slice(0, MAX_PARTS)
      .map(({ seq }) => seq);
    const behind = seqs.length === 0 ? [] : await durably.do(() => store.events(seqs));
    const { rest, isClosed } = joined(handle, first, behind);
    const newest = Math.max(lookedAt, ...[first, ...rest].map(({ receivedAt }) => receivedAt));
    const dueAt = Math.min(newest + windowMs, lookedAt + MAX_WINDOWS * windowMs);
    // A turn that is tried again was whole before.
    if (!isClosed && first.attempts === 0 && now < dueAt && rest.length + 1 < MAX_PARTS) {
      this.#lookedAt.set(first.seq, lookedAt);
      return { retryAt: dueAt };
    }
    this.#lookedAt.delete(first.seq);
    return { rest };
  }
}

function windowOf(handle: AccountHandle, event: InboundEvent): number {
  if (event.kind !== "message" && event.kind !== "command") return 0;
  if (event.kind === "message" && event.content.album !== undefined)
    return Math.max(ALBUM_WINDOW_MS, handle.config.debounceMs);
  const isCommand = readCommand(event, handle.owner.identity) !== undefined;
  return isCommand ? 0 : handle.config.debounceMs;
}

/** Parts of an album may have other messages between them; otherwise whatever comes between ends it. */
function joined(
  handle: AccountHandle,
  first: StoredEvent,
  behind: readonly StoredEvent[],
): { readonly rest: readonly StoredEvent[]; readonly isClosed: boolean } {
  const album = albumOf(first);
  const isDebounced = handle.config.debounceMs > 0;
  const rest: StoredEvent[] = [];
  let isClosed = false;
  for (const next of behind) {
    const isOwn = next.event.sender.id === first.event.sender.id && next.session === first.session;
    if (!isOpen(next.decision.fate) || !isOwn) isClosed = true;
    else if (album !== undefined && albumOf(next) === album) rest.push(next);
    else if (isDebounced && !isClosed && goesOn(handle, next)) rest.push(next);
    else isClosed = true;
  }
  // An album is never whole because somebody else wrote meanwhile.
  return { rest, isClosed: isClosed && album === undefined };
}

/** Whether it may belong to what its sender wrote before. */
function goesOn(handle: AccountHandle, { event }: StoredEvent): boolean {
  return event.kind !== "command" && windowOf(handle, event) > 0;
}

function albumOf({ event }: StoredEvent): string | undefined {
  return event.kind === "message" ? event.content.album : undefined;
}

/** The same album: parts that nobody is mentioned in belong to the one with the caption. */
export function isSameAlbum(one: StoredEvent, other: StoredEvent): boolean {
  return albumOf(one) !== undefined && albumOf(one) === albumOf(other);
}
