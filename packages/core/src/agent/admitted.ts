import { readNotice } from "../approvals/notice.js";
import type { AccountHandle } from "../connection/handle.js";
import type { InboundEvent } from "../contract/event.js";
import type { Verdict } from "../policy/admission.js";
import type { StoredEvent } from "../store/port.js";

/** One event of a turn, as stored and as `hydrate` completed it. */
export interface TurnPart {
  readonly stored: StoredEvent;
  readonly event: InboundEvent;
}

/** A turn that policy let in. */
export interface Admitted {
  readonly handle: AccountHandle;
  /** Its first event, which names it. */
  readonly stored: StoredEvent;
  readonly first: InboundEvent;
  /** What was sent together with the first, oldest first. */
  readonly rest: readonly TurnPart[];
  /** The event for which it was let in. */
  readonly event: InboundEvent;
  readonly verdict: Verdict;
  /** It came a moment ago, and no earlier life of the program can have begun it. */
  readonly isFresh: boolean;
}

/** What is asked in a turn that a decision began is about the one who asked first. */
export function originOf({ event, stored, rest }: Admitted): number {
  const lead = rest.find((part) => part.event === event)?.stored ?? stored;
  return readNotice(event)?.origin ?? lead.seq;
}

/** The numbers of the events that are answered together with the first. */
export function alsoOf({ rest }: Admitted): readonly number[] {
  return rest.map(({ stored }) => stored.seq);
}

/** How often it was tried already. */
export function attemptsOf({ stored, rest }: Admitted): number {
  return Math.max(stored.attempts, ...rest.map((part) => part.stored.attempts));
}

/** Answers go where the newest came from, by the newest route. */
export function newestOf({ stored, rest }: Admitted): InboundEvent {
  return (rest.at(-1)?.stored ?? stored).event;
}
