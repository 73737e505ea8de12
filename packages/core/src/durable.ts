import { pause } from "./clock.js";
import type { Clock, Logger } from "./contract/connection.js";
import { StoreError } from "./contract/errors.js";

const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5_000;

/**
 * Repeats changes that the store could not take for lack of room or because the file was locked, so that a full disk slows
 * the runtime down and loses nothing. Other failures go to the caller.
 */
export class Durably {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #signal: AbortSignal;
  readonly #onTrouble: (trouble: string | undefined) => void;
  #trouble: string | undefined;

  constructor(options: {
    readonly clock: Clock;
    readonly log: Logger;
    /** Ends the waiting: the change then fails with the store's last error. */
    readonly signal: AbortSignal;
    readonly onTrouble: (trouble: string | undefined) => void;
  }) {
    this.#clock = options.clock;
    this.#log = options.log;
    this.#signal = options.signal;
    this.#onTrouble = options.onTrouble;
  }

  async do<T>(change: () => Promise<T>): Promise<T> {
    for (let delay = FIRST_RETRY_MS; ; delay = Math.min(delay * 2, LAST_RETRY_MS)) {
      try {
        const result = await change();
        this.#report(undefined);
        return result;
      } catch (error) {
        if (!(error instanceof StoreError) || !error.retryable || this.#signal.aborted) throw error;
        this.#report(error);
      }
      await pause(this.#clock, delay, this.#signal);
    }
  }

  #report(error: StoreError | undefined): void {
    const trouble = error?.message;
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    if (error === undefined) this.#log.info({}, "the store works again");
    else
      this.#log.error(
        { problem: error.problem, mend: error.mend },
        `the store does not take changes: ${error.message}`,
      );
    this.#onTrouble(trouble);
  }
}
