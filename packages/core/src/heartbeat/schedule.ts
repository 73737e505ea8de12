import { pause } from "../clock.js";
import { isRecord } from "../config/merge.js";
import type { AccountHandle } from "../connection/handle.js";
import type { Clock, Logger, Receipt } from "../contract/connection.js";
import { isOpen } from "../contract/fate.js";
import type { Json } from "../contract/json.js";
import type { Durably } from "../durable.js";
import type { Heartbeat, WakeRequest } from "../runtime-types.js";
import { outboxLane } from "../session/key.js";
import type { Store } from "../store/port.js";

/** An account that is not known to its platform yet is looked at again after this. */
const NOT_YET_MS = 10_000;
const TROUBLE_MS = 60_000;
/** Timers of Node hold 24 days. */
const LONGEST_PAUSE_MS = 60 * 60_000;

export interface ScheduleOptions {
  readonly heartbeat: Heartbeat;
  /** Undefined when the config has no such account, or it cannot run. */
  readonly handle: AccountHandle | undefined;
  readonly wake: (handle: AccountHandle, request: WakeRequest) => Promise<Receipt | undefined>;
  readonly store: Store;
  readonly durably: Durably;
  readonly clock: Clock;
  readonly log: Logger;
  /** Aborted when the runtime stops. */
  readonly signal: AbortSignal;
}

interface State {
  /** Unix time in ms. */
  readonly dueAt: number;
  /** Number of the last one's event. */
  readonly last: number | undefined;
}

/** Wakes the agent at its times, which are kept in the store. One that was missed is made up for once. Never rejects. */
export async function keepHeartbeat(options: ScheduleOptions): Promise<void> {
  const { handle, heartbeat, clock, log, signal } = options;
  const { connector, account = "default" } = heartbeat.to;
  if (handle === undefined) {
    log.error(
      { connector, account },
      "the heartbeat has no account to go to: heartbeat.to names none that runs",
    );
    return;
  }
  while (!signal.aborted) {
    try {
      const waitMs = handle.bound === undefined ? NOT_YET_MS : await beat(options, handle);
      await pause(clock, Math.min(waitMs, LONGEST_PAUSE_MS), signal);
    } catch (error) {
      if (signal.aborted) return;
      log.warn({ err: error }, "the heartbeat failed and will be tried again");
      await pause(clock, TROUBLE_MS, signal);
    }
  }
}

/** Wakes the agent if it is time. Resolves to the ms until the next time. */
async function beat(options: ScheduleOptions, handle: AccountHandle): Promise<number> {
  const { heartbeat, store, durably, clock, wake } = options;
  const { everyMs, prompt, to } = heartbeat;
  const { identity, lease } = handle.owner;
  const places = placesOf(handle, to);
  const [place] = places;
  const key = `heartbeat/${place}`;
  const now = clock.now();
  const keep = ({ dueAt, last }: State) => {
    const value: Json = { dueAt, ...(last === undefined ? {} : { last }) };
    return durably.do(() => store.stateBatch(lease, [{ key, value }], now));
  };
  const states = await Promise.all(places.map((each) => store.stateGet(identity, `heartbeat/${each}`, now)));
  const known = newest(states.map((state) => readState(state?.value)));
  if (known === undefined || known.dueAt > now + everyMs) {
    await keep({ dueAt: now + everyMs, last: known?.last });
    return everyMs;
  }
  if (known.dueAt > now) return known.dueAt - now;
  const isAtWork = known.last !== undefined && (await isUnfinished(store, known.last));
  // The same key after a crash in between: then it is not made again.
  const receipt = isAtWork ? undefined : await wake(handle, { to, prompt, key: `${place}/${known.dueAt}` });
  if (isAtWork) handle.log.warn({}, "a heartbeat was left out, since the one before is still at work");
  if (receipt?.status === "dropped")
    handle.log.warn({ reason: receipt.reason }, "the heartbeat was not let into its chat");
  const following = known.dueAt + everyMs;
  const dueAt = following > now ? following : now + everyMs;
  await keep({ dueAt, last: receipt?.status === "accepted" ? receipt.event : known.last });
  return dueAt - now;
}

/** The chat as it is called today, and as it was called before: a rename does not put the next time off. */
function placesOf(handle: AccountHandle, to: Heartbeat["to"]): readonly [string, ...string[]] {
  const now = handle.current(to.chat);
  const former = [...handle.renames].filter(([, current]) => current === now).map(([old]) => old);
  const place = (chat: string) => outboxLane({ ...to, chat });
  return [place(now), ...former.map(place)];
}

async function isUnfinished(store: Store, seq: number): Promise<boolean> {
  const [event] = await store.events([seq]);
  return event !== undefined && isOpen(event.decision.fate);
}

function newest(states: readonly (State | undefined)[]): State | undefined {
  return states.filter((state) => state !== undefined).toSorted((a, b) => b.dueAt - a.dueAt)[0];
}

function readState(value: unknown): State | undefined {
  if (!isRecord(value) || typeof value["dueAt"] !== "number") return undefined;
  const { dueAt, last } = value;
  return { dueAt, last: typeof last === "number" ? last : undefined };
}
