import { setTimeout as pause } from "node:timers/promises";
import { FATES, isOpen } from "@elizaos/connector-core";
import type { EventReport, Operator } from "../control/shapes.js";
import type { Deed, Door, Person } from "./platform.js";

const LOOK_EVERY_MS = 50;
/** A bot that has fetched everything, and for this long has no event of a message, was not given it or dropped it. */
const UNSEEN_AFTER_MS = 500;
/** A connector that fetches nothing for this long does not run. */
const STUCK_AFTER_MS = 10_000;
/** How many of the newest events are looked through for the message. */
const SEARCHED = 50;

/** What became of what somebody said or pressed. */
export type Outcome =
  | { readonly status: "handled"; readonly event: EventReport }
  /** The platform did not show it to the bot, or it was dropped before the store. */
  | { readonly status: "unseen" }
  /** The connector does not fetch anything. */
  | { readonly status: "stuck" };

export interface OutcomeOptions {
  readonly operator: Operator;
  readonly door: Door;
  readonly connector: string;
  readonly account: string;
  /** Who did it. */
  readonly by: Person;
  /** Number of the newest event before it. */
  readonly after: number;
  readonly signal: AbortSignal;
}

/** Kinds of the events that a deed becomes: a platform may see a command in a message. */
const KINDS: Readonly<Record<Deed["kind"], readonly string[]>> = {
  message: ["message", "command"],
  command: ["command"],
  button: ["button"],
};

/**
 * Waits until it has its fate, and everything that was said because of it is sent or has failed. Undefined when the signal was
 * aborted first.
 */
export async function outcomeOf(deed: Deed, options: OutcomeOptions): Promise<Outcome | undefined> {
  const { operator, door, connector, account, by, after, signal } = options;
  const isOfDeed = ({ event, kind, sender, message }: EventReport) =>
    event > after &&
    sender === by.id &&
    KINDS[deed.kind].includes(kind) &&
    (deed.message === undefined || deed.message === message);
  const since = performance.now();
  let caughtUpAt: number | undefined;
  while (!signal.aborted) {
    const { events } = await operator.events({ connector, account, limit: SEARCHED });
    const event = events.findLast(isOfDeed);
    if (event !== undefined && isFinal(event.fate) && !(await hasOpenSends(operator, event.event)))
      return { status: "handled", event };
    if (event === undefined) {
      const now = performance.now();
      caughtUpAt = (await door.isCaughtUp()) ? (caughtUpAt ?? now) : undefined;
      if (caughtUpAt !== undefined && now - caughtUpAt >= UNSEEN_AFTER_MS) return { status: "unseen" };
      if (now - since >= STUCK_AFTER_MS) return { status: "stuck" };
    }
    await pause(LOOK_EVERY_MS);
  }
  return undefined;
}

function isFinal(name: string): boolean {
  const fate = FATE_LIST.find((each) => each === name);
  return fate !== undefined && !isOpen(fate);
}

const FATE_LIST = Object.keys(FATES).flatMap((name) => (isFate(name) ? [name] : []));

function isFate(name: string): name is keyof typeof FATES {
  return Object.hasOwn(FATES, name);
}

async function hasOpenSends(operator: Operator, event: number): Promise<boolean> {
  const why = await operator.why(event);
  return (
    why?.sends.some(
      ({ state, operation }) => operation === "open" && (state === "queued" || state === "attempting"),
    ) ?? false
  );
}
