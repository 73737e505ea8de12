import { backoffDelay } from "../backoff.js";
import type { RetryConfig } from "../config/retry.js";
import { ConnectorError, isRateLimited, Unknown } from "../contract/errors.js";

/** What a failed call means for its part. */
export type Verdict =
  /** It did not happen and is made again. */
  | { readonly state: "queued"; readonly retryAt: number; readonly stopsAccount: boolean }
  /** It may have happened. */
  | { readonly state: "unknown"; readonly retryAt: number }
  /** The platform's last word, or the last attempt. */
  | { readonly state: "rejected" };

/**
 * @param calls how often the call was made, this time included
 * @param random gives numbers from 0 to 1
 */
export function judge(
  error: ConnectorError,
  calls: number,
  now: number,
  random: () => number,
  { attempts = Number.POSITIVE_INFINITY, minDelayMs, maxDelayMs, jitter }: RetryConfig,
): Verdict {
  if (isRateLimited(error))
    return { state: "queued", retryAt: now + error.retryAfterMs, stopsAccount: false };
  const retryAt = now + backoffDelay(calls, random, { minMs: minDelayMs, maxMs: maxDelayMs, jitter });
  switch (error.code) {
    case "auth":
    case "needs-action":
      return { state: "queued", retryAt, stopsAccount: true };
    case "transient":
      if (calls >= attempts) return { state: "rejected" };
      return { state: "queued", retryAt, stopsAccount: false };
    default:
      return error.retryable ? { state: "unknown", retryAt } : { state: "rejected" };
  }
}

/** What is wrong and, where that is known, how to mend it. */
export function toldOf({ message, mend }: ConnectorError): string {
  return mend === undefined ? message : `${message.replace(/[^.!?]$/, "$&.")} ${mend}`;
}

/** What is none of the contract's errors says nothing about whether the call happened. */
export function toCallError(error: unknown): ConnectorError {
  if (ConnectorError.isInstance(error)) return error;
  return new Unknown(error instanceof Error ? error.message : String(error), { cause: error });
}
