import type { AccountHandle } from "../connection/handle.js";
import type { Clock } from "../contract/connection.js";
import { ConnectorError } from "../contract/errors.js";
import type { SendOperation } from "../contract/operation.js";
import type { Durably } from "../durable.js";
import type { Outbox } from "../outbox/outbox.js";
import type { RuntimeLimits } from "../runtime-types.js";
import { outboxLane } from "../session/key.js";
import type { Store, StoredEvent } from "../store/port.js";
import { newKey } from "./outcomes.js";

const SORRY = "Something went wrong on my side.";
const TRYING_AGAIN = `${SORRY} I am trying again.`;

/** The error says itself that another try does not mend it, as ours do and those of model libraries (`isRetryable`). */
export function isFinal(error: unknown): boolean {
  if (ConnectorError.isInstance(error)) return !error.retryable;
  return error instanceof Error && "isRetryable" in error && error.isRetryable === false;
}

export interface FailureNoticesOptions {
  readonly store: Store;
  readonly durably: Durably;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly limits: RuntimeLimits;
}

/**
 * What a person reads when the agent failed: one line without the error's text, at most once per turn. Only the first attempt
 * has one, which holds over restarts too, since attempts are counted in the store.
 */
export class FailureNotices {
  readonly #options: FailureNoticesOptions;

  constructor(options: FailureNoticesOptions) {
    this.#options = options;
  }

  /** For a turn that will be tried again. Nothing of it is remembered in the session. */
  async first(handle: AccountHandle, stored: StoredEvent, attempt: number): Promise<void> {
    const [operation] = lineOf(handle, stored, attempt, TRYING_AGAIN);
    if (operation !== undefined) await handle.places.share(() => this.#enqueue(handle, stored, operation));
  }

  /** What is said with the end of a turn that is given up; none where something was said before. */
  last(handle: AccountHandle, stored: StoredEvent, attempt: number): readonly SendOperation[] {
    return lineOf(handle, stored, attempt, SORRY);
  }

  async #enqueue(handle: AccountHandle, stored: StoredEvent, operation: SendOperation): Promise<void> {
    const { store, durably, outbox, clock, limits } = this.#options;
    const at = clock.now();
    const lane = outboxLane(handle.currentAddress(operation.to));
    const expiresAt = limits.operationMaxAgeMs === 0 ? 0 : at + limits.operationMaxAgeMs;
    const added = { key: newKey(), operation, lane, turn: stored.seq, createdAt: at, expiresAt };
    const [seq] = await durably.do(() => store.enqueue(handle.owner.lease, [added]));
    if (seq !== undefined) outbox.push(handle, { seq, lane, dueAt: 0 });
  }
}

function lineOf(
  handle: AccountHandle,
  { event }: StoredEvent,
  attempt: number,
  text: string,
): readonly SendOperation[] {
  if (attempt !== 1 || !handle.config.failureNotice) return [];
  const { message: _, ...to } = event.address;
  return [{ kind: "send", to, text, format: "plain" }];
}
