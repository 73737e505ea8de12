import type { Clock } from "../../contract/connection.js";

/** Codes that may go out at once … */
const BURST = 20;
/** … and after that one in so many ms. */
const EVERY_MS = 2_000;

/** How fast codes of one identity are sent, so that strangers cannot make the account a spammer. */
export class CodeRate {
  readonly #clock: Clock;
  #left = BURST;
  #at: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#at = clock.now();
  }

  /** Takes the right to send one code: 0, or after how many ms there will be one. */
  take(): number {
    const now = this.#clock.now();
    // A clock that was set back gives nothing.
    const passed = Math.max(0, now - this.#at);
    this.#left = Math.min(BURST, this.#left + passed / EVERY_MS);
    this.#at = now;
    if (this.#left < 1) return Math.ceil((1 - this.#left) * EVERY_MS);
    this.#left -= 1;
    return 0;
  }
}
