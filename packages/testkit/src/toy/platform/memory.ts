import type { Clock } from "@elizaos/connector-core";

/** Remembers values for a time; what is over is forgotten. */
export class Memory<T> {
  readonly #clock: Clock;
  readonly #lifeMs: number;
  readonly #values = new Map<string, { readonly value: T; readonly until: number }>();

  constructor(clock: Clock, lifeMs: number) {
    this.#clock = clock;
    this.#lifeMs = lifeMs;
  }

  /** Gives back until when it is remembered, Unix time in ms. */
  put(key: string, value: T): number {
    const now = this.#clock.now();
    // All live equally long, so the oldest come first.
    for (const [old, { until }] of this.#values) {
      if (until > now) break;
      this.#values.delete(old);
    }
    const until = now + this.#lifeMs;
    this.#values.set(key, { value, until });
    return until;
  }

  get(key: string): T | undefined {
    const found = this.#values.get(key);
    return found === undefined || found.until <= this.#clock.now() ? undefined : found.value;
  }

  clear(): void {
    this.#values.clear();
  }
}
