import { pause } from "./clock.js";
import type { Clock } from "./contract/connection.js";

export interface BackoffOptions {
  /** Length of the first wait before jitter, in ms. */
  readonly minMs: number;
  /** No wait is longer, in ms. */
  readonly maxMs: number;
  /** Share of each wait that is left to chance, from 0 to 1. Default 0.5. */
  readonly jitter?: number;
}

/** Waits between attempts that double each time; each is drawn from the upper part of its step. */
export interface Backoff {
  /** Takes the next step and says how long to wait, in ms. For callers that show the wait before they begin it. */
  next(): number;
  /** Takes the next step and waits for it; returns early when the signal is aborted, never rejects. */
  wait(signal?: AbortSignal): Promise<void>;
  /** It worked: the next wait is the first again. */
  reset(): void;
}

/**
 * The wait before attempt `failures + 1`, in ms.
 *
 * @param failures attempts that have failed so far, from 1
 * @param random gives numbers from 0 to 1, such as `Math.random`
 */
export function backoffDelay(failures: number, random: () => number, options: BackoffOptions): number {
  const { minMs, maxMs, jitter = 0.5 } = options;
  const whole = Math.min(minMs * 2 ** (failures - 1), maxMs);
  return Math.round(whole * (1 - jitter) + random() * whole * jitter);
}

/** @param random gives numbers from 0 to 1, such as `Math.random` */
export function createBackoff(clock: Clock, random: () => number, options: BackoffOptions): Backoff {
  let failures = 0;
  const next = () => backoffDelay(++failures, random, options);
  return {
    next,
    wait: (signal) => pause(clock, next(), signal),
    reset() {
      failures = 0;
    },
  };
}
