import type { AccountHandle } from "../connection/handle.js";
import { ConnectorError } from "../contract/errors.js";
import type { SendOperation } from "../contract/operation.js";
import { isWake } from "../heartbeat/wake.js";
import type { StoredEvent } from "../store/port.js";

const SORRY = "Something went wrong on my side.";
const TRYING_AGAIN = `${SORRY} I am trying again.`;

/** The error says itself that another try does not mend it, as ours do and those of model libraries (`isRetryable`). */
export function isFinal(error: unknown): boolean {
  if (ConnectorError.isInstance(error)) return !error.retryable;
  return error instanceof Error && "isRetryable" in error && error.isRetryable === false;
}

/**
 * What a person reads when the agent failed: one line without the error's text, at most once per turn. Only the first attempt
 * has one, which holds over restarts too, since attempts are counted in the store.
 */
export function failureLine(
  handle: AccountHandle,
  { event }: StoredEvent,
  { attempt, isGivenUp }: { readonly attempt: number; readonly isGivenUp: boolean },
): readonly SendOperation[] {
  if (isWake(event)) return [];
  if (attempt !== 1 || !handle.config.failureNotice) return [];
  const { message: _, ...to } = event.address;
  return [{ kind: "send", to, text: isGivenUp ? SORRY : TRYING_AGAIN, format: "plain" }];
}
