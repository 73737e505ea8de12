import { randomUUID } from "node:crypto";
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
  /** When that attempt began, Unix ms. */
  readonly startedAt?: number;
  readonly operations?: readonly Operation[];
  readonly state?: readonly StateChange[];
  /** False keeps the operations out of the session's history. */
  readonly isRemembered?: boolean;
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
    { attempt = stored.attempts, startedAt, operations = [], state, isRemembered = true }: OutcomeDetails,
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
    const [first, ...others] = added;
    const announced = first === undefined ? undefined : await outbox.announce(handle, first);
    const request = {
      events: [stored.seq],
      attempt,
      decision,
      operations:
        first === undefined || announced === undefined
          ? added
          : [{ ...first, announced: announced.parts }, ...others],
      at,
      ...(startedAt === undefined ? {} : { startedAt }),
      ...(state === undefined ? {} : { state }),
    };
    let seqs: readonly number[];
    try {
      seqs = await durably.do(() => store.finish(handle.owner.lease, request));
    } catch (error) {
      announced?.release();
      throw error;
    }
    for (const [index, seq] of seqs.entries()) {
      const operation = added[index];
      if (index === 0 && announced !== undefined) announced.start(seq);
      else if (operation !== undefined) outbox.add(handle, seq, operation);
    }
  }
}

/** 22 URL-safe characters out of 122 random bits. */
export function newKey(): string {
  // Node draws the bits of UUIDs many at a time, which costs a tenth of drawing 16 bytes.
  return Buffer.from(randomUUID().replaceAll("-", ""), "hex").toString("base64url");
}

/** Ids may be renamed while an agent works. */
export function sessionNow(handle: AccountHandle, { event }: StoredEvent): string {
  return sessionKey(handle.owner.identity, { ...event, address: handle.currentAddress(event.address) });
}
