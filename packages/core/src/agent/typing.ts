import { pause } from "../clock.js";
import type { AccountHandle } from "../connection/handle.js";
import type { Clock } from "../contract/connection.js";
import type { InboundEvent } from "../contract/event.js";
import { isWake } from "../heartbeat/wake.js";

/** An agent that answers sooner than this needs no typing indicator, which costs a platform call. */
const DELAY_MS = 200;

/** A reason of our own: the default one is an exception with a stack, made anew for every turn. */
const ENDED = "the agent has ended";

/**
 * Shows that the agent is at work, refreshed until the returned function is called or the signal is aborted. A failing indicator is noted and given
 * up; nothing waits for it.
 */
export function showTyping(
  handle: AccountHandle,
  event: InboundEvent,
  clock: Clock,
  signal: AbortSignal,
): () => void {
  const { connection } = handle;
  if (isWake(event) && !handle.config.heartbeat.useIndicator) return () => {};
  const refreshMs = connection?.supports(event.address).typing?.refreshMs;
  if (connection?.typing === undefined || refreshMs === undefined) return () => {};
  const { message: _, ...to } = event.address;
  let end = () => {};
  const show = async () => {
    // Made only now: most agents have answered by this time.
    const ended = new AbortController();
    end = () => ended.abort(ENDED);
    signal.addEventListener("abort", end, { once: true });
    try {
      while (!ended.signal.aborted) {
        await connection.typing?.(to, ended.signal);
        await pause(clock, refreshMs, ended.signal);
      }
    } catch (error) {
      if (!ended.signal.aborted) handle.log.debug({ err: error }, "the typing indicator failed");
    } finally {
      signal.removeEventListener("abort", end);
    }
  };
  const cancel = clock.after(DELAY_MS, () => {
    if (!signal.aborted) void show();
  });
  return () => {
    cancel();
    end();
  };
}
