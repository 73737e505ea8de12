import { backoffDelay } from "../backoff.js";
import { ConnectorError, isRateLimited, Unknown } from "../contract/errors.js";

const RETRY = { minMs: 500, maxMs: 60_000 };

/** What a failed call means for its part. */
export type Verdict =
  /** It did not happen and is made again. */
  | { readonly state: "queued"; readonly retryAt: number; readonly stopsAccount: boolean }
  /** It may have happened. */
  | { readonly state: "unknown"; readonly retryAt: number }
  /** The platform's last word. */
  | { readonly state: "rejected" };

/**
 * @param calls how often the call was made, this time included
 * @param random gives numbers from 0 to 1
 */
export function judge(error: ConnectorError, calls: number, now: number, random: () => number): Verdict {
  if (isRateLimited(error))
    return { state: "queued", retryAt: now + error.retryAfterMs, stopsAccount: false };
  const retryAt = now + backoffDelay(calls, random, RETRY);
  switch (error.code) {
    case "auth":
    case "needs-action":
      return { state: "queued", retryAt, stopsAccount: true };
    case "transient":
      return { state: "queued", retryAt, stopsAccount: false };
    default:
      return error.retryable ? { state: "unknown", retryAt } : { state: "rejected" };
  }
}

/** What is none of the contract's errors says nothing about whether the call happened. */
export function toCallError(error: unknown): ConnectorError {
  if (ConnectorError.isInstance(error)) return error;
  return new Unknown(error instanceof Error ? error.message : String(error), { cause: error });
}
