import { type Clock, ConnectorError, createBackoff, isRateLimited, pause } from "@elizaos/connector-core";

export interface Patience {
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Tries a look-up until it is answered: waits as long as Discord says, and with growing pauses otherwise. Throws what another try does not mend. */
export async function patiently<T>(look: () => Promise<T>, { clock, signal }: Patience): Promise<T> {
  const backoff = createBackoff(clock, Math.random, { minMs: 1_000, maxMs: 60_000 });
  for (;;) {
    try {
      return await look();
    } catch (error) {
      signal.throwIfAborted();
      if (!ConnectorError.isInstance(error) || !error.retryable) throw error;
      await pause(clock, isRateLimited(error) ? error.retryAfterMs : backoff.next(), signal);
      signal.throwIfAborted();
    }
  }
}
