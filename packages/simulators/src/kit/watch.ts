import { SimulatorError } from "./errors.js";

/** How long a wait lasts before it rejects, in ms of real time (not of the simulator's clock). */
export const DEFAULT_WAIT_MS = 5_000;

export interface WaitOptions {
  /** ms of real time. Default: 5000. */
  timeoutMs?: number;
}

interface Waiter {
  look: () => boolean;
  fail: (error: Error) => void;
}

/** Lets callers wait for a condition that is looked at again whenever something in the simulator has changed. */
export class Watch {
  #waiters = new Set<Waiter>();
  #closed: SimulatorError | undefined;

  /**
   * Resolves with the first value of `probe` that is not undefined.
   * @param explain Describes what was waited for and what was there instead; it becomes the error of a timeout.
   */
  until<T>(
    probe: () => T | undefined,
    explain: (timeoutMs: number) => string,
    options: WaitOptions = {},
  ): Promise<T> {
    const found = probe();
    if (found !== undefined) return Promise.resolve(found);
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    const timeoutMs = options.timeoutMs ?? DEFAULT_WAIT_MS;
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer);
        this.#waiters.delete(waiter);
      };
      const waiter: Waiter = {
        look: () => {
          const value = probe();
          if (value === undefined) return false;
          end();
          resolve(value);
          return true;
        },
        fail: (error) => {
          end();
          reject(error);
        },
      };
      const timer = setTimeout(() => waiter.fail(new SimulatorError(explain(timeoutMs))), timeoutMs);
      this.#waiters.add(waiter);
    });
  }

  /** Something changed: every waiter looks again. */
  poke(): void {
    for (const waiter of [...this.#waiters]) waiter.look();
  }

  /** Rejects all waiters, present and future. */
  close(reason: string): void {
    this.#closed = new SimulatorError(reason);
    for (const waiter of [...this.#waiters]) waiter.fail(this.#closed);
  }
}
