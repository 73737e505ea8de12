import { createBackoff, systemClock } from "@elizaos/connector-core";

/** As for an account that cannot be reached. */
const RETRY = { minMs: 1_000, maxMs: 120_000 };

export interface KeepTryingOptions {
  /** Ends the waiting. */
  readonly signal: AbortSignal;
  /** Told before each wait, with its length in ms. */
  onFailure(error: unknown, retryInMs: number): void;
}

/** Does something again and again until it has worked. Resolves after the first try, however that went; never rejects. */
export function keepTrying(
  work: () => Promise<void>,
  { signal, onFailure }: KeepTryingOptions,
): Promise<void> {
  const backoff = createBackoff(systemClock, Math.random, RETRY);
  return new Promise((resolve) => {
    const step = async (): Promise<void> => {
      if (signal.aborted) return resolve();
      try {
        await work();
        resolve();
      } catch (error) {
        resolve();
        if (signal.aborted) return;
        const delay = backoff.next();
        onFailure(error, delay);
        const cancel = systemClock.after(delay, () => void step());
        signal.addEventListener("abort", cancel, { once: true });
      }
    };
    void step();
  });
}
