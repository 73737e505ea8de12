import { pause } from "../clock.js";
import type { Clock, Logger } from "../contract/connection.js";
import type { Store } from "./port.js";

const EVERY_MS = 10 * 60_000;
const STEP = 500;

/** Removes what nothing needs any more, in small steps, so that no commit and no message waits long for it. Never rejects. */
export async function pruneRegularly(options: {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  /** Finished events and their answers are kept this long, in ms; 0 for ever. */
  readonly retentionMs: number;
  readonly signal: AbortSignal;
  /** Called after each round. */
  readonly pruned: () => Promise<void>;
}): Promise<void> {
  const { store, clock, log, retentionMs, signal, pruned } = options;
  while (!signal.aborted) {
    await pause(clock, EVERY_MS, signal);
    try {
      for (let removed = 1; removed > 0 && !signal.aborted; ) {
        const at = clock.now();
        removed = await store.prune({
          at,
          finishedBefore: retentionMs === 0 ? 0 : at - retentionMs,
          limit: STEP,
        });
      }
      await pruned();
    } catch (error) {
      log.warn({ err: error }, "old rows could not be removed; it will be tried again");
    }
  }
}
