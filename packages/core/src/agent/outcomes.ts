import { randomBytes } from "node:crypto";
import type { AccountHandle } from "../connection/handle.js";
import type { Address } from "../contract/address.js";
import type { Clock, StateChange } from "../contract/connection.js";
import type { Decision } from "../contract/fate.js";
import type { Operation } from "../contract/operation.js";
import type { Durably } from "../durable.js";
import type { Outbox } from "../outbox/outbox.js";
import type { RuntimeLimits } from "../runtime-types.js";
import { outboxLane, sessionKey } from "../session/key.js";
import type { NewOperation, Store, StoredEvent } from "../store/port.js";

export interface OutcomesOptions {
  readonly store: Store;
  readonly durably: Durably;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly limits: RuntimeLimits;
}

/** What else ends with a turn, in the same commit. */
export interface OutcomeDetails {
  /** Default: the event's last one. */
  readonly attempt?: number;
  readonly operations?: readonly Operation[];
  readonly state?: readonly StateChange[];
  /** False keeps the operations out of the session's history. */
  readonly isRemembered?: boolean;
  /** Of the policy that the operations were decided under. */
  readonly policyRevision?: number;
}

/** Ends turns: fate, operations and state in one commit; then the outbox is told. */
export class Outcomes {
  readonly #options: OutcomesOptions;

  constructor(options: OutcomesOptions) {
    this.#options = options;
  }

  finish(
    handle: AccountHandle,
    stored: StoredEvent,
    decision: Decision,
    details: OutcomeDetails = {},
  ): Promise<void> {
    return handle.places.share(() => this.#finish(handle, stored, decision, details));
  }

  async #finish(
    handle: AccountHandle,
    stored: StoredEvent,
    decision: Decision,
    {
      attempt = stored.attempts,
      operations = [],
      state,
      isRemembered = true,
      policyRevision,
    }: OutcomeDetails,
  ): Promise<void> {
    const { store, durably, clock, limits, outbox } = this.#options;
    const at = clock.now();
    const session = sessionNow(handle, stored);
    const added = operations.map(
      (operation): NewOperation => ({
        key: newKey(),
        operation,
        lane: outboxLane(handle.currentAddress<Address>(operation.to)),
        ...(isRemembered ? { session } : {}),
        turn: stored.seq,
        createdAt: at,
        expiresAt: limits.operationMaxAgeMs === 0 ? 0 : at + limits.operationMaxAgeMs,
      }),
    );
    const request = { events: [stored.seq], attempt, decision, operations: added, at };
    const seqs = await durably.do(() =>
      store.finish(handle.owner.lease, state === undefined ? request : { ...request, state }),
    );
    seqs.forEach((seq, index) => {
      const operation = added[index];
      if (operation === undefined) return;
      const head = { seq, lane: operation.lane, dueAt: 0 };
      outbox.push(handle, policyRevision === undefined ? head : { ...head, policyRevision });
    });
  }
}

/** 22 URL-safe characters out of 128 random bits. */
export function newKey(): string {
  return randomBytes(16).toString("base64url");
}

/** Ids may be renamed while an agent works. */
export function sessionNow(handle: AccountHandle, { event }: StoredEvent): string {
  return sessionKey(handle.owner.identity, { ...event, address: handle.currentAddress(event.address) });
}
