import { randomUUID } from "node:crypto";
import type { Buttons } from "../buttons/buttons.js";
import { hasButtons } from "../buttons/rows.js";
import type { AccountHandle } from "../connection/handle.js";
import type { Address } from "../contract/address.js";
import type { Clock, StateChange } from "../contract/connection.js";
import { StoreError } from "../contract/errors.js";
import type { Decision } from "../contract/fate.js";
import type { Operation } from "../contract/operation.js";
import type { Durably } from "../durable.js";
import { filesOf, type Spool } from "../media/spool.js";
import type { Outbox } from "../outbox/outbox.js";
import type { RuntimeLimits } from "../runtime-types.js";
import { currentPlace, outboxLane } from "../session/key.js";
import type { NewOperation, Store, StoredEvent } from "../store/port.js";

export interface OutcomesOptions {
  readonly store: Store;
  readonly durably: Durably;
  readonly outbox: Outbox;
  readonly buttons: Buttons;
  readonly spool: Spool;
  readonly clock: Clock;
  readonly limits: RuntimeLimits;
}

/** What else ends with a turn, in the same commit. */
export interface OutcomeDetails {
  /** Default: the event's last one. */
  readonly attempt?: number;
  /** Numbers of the turn's other events. */
  readonly also?: readonly number[];
  /** When that attempt began, Unix ms. */
  readonly startedAt?: number;
  readonly operations?: readonly Operation[];
  readonly state?: readonly StateChange[];
  /** False keeps the operations out of the session's history. */
  readonly isRemembered?: boolean;
  /** The data of the operations' buttons goes out as it is: they are core's own. */
  readonly isSealed?: boolean;
  /** Of the policy that the operations were decided under. */
  readonly policyRevision?: number;
  /** What the sender is to read of it comes later. */
  readonly hasSequel?: boolean;
}

interface Enqueued {
  readonly operations: readonly Operation[];
  /** What is sent besides, whatever policy says of the sender: it is no answer, and no part of the session. */
  readonly ending?: Operation | undefined;
  readonly isRemembered: boolean;
  readonly isSealed: boolean;
  readonly policyRevision: number | undefined;
}

/** Ends turns: fate, operations and state in one commit; then the outbox is told. */
export class Outcomes {
  readonly #options: OutcomesOptions;

  constructor(options: OutcomesOptions) {
    this.#options = options;
  }

  /** Ends the event, with what is left of its answer. */
  async finish(
    handle: AccountHandle,
    stored: StoredEvent,
    decision: Decision,
    {
      attempt = stored.attempts,
      also = [],
      startedAt,
      operations = [],
      state = [],
      isRemembered = true,
      isSealed = false,
      policyRevision,
      hasSequel = false,
    }: OutcomeDetails = {},
  ): Promise<void> {
    const { store, clock } = this.#options;
    const isUnanswered = decision.fate !== "answered" && !hasSequel;
    const ending = isUnanswered ? handle.connector.unanswered?.(stored.event, decision) : undefined;
    const enqueued = { operations, ending, isRemembered, isSealed, policyRevision };
    await this.#enqueue(handle, stored, enqueued, (added, more) =>
      store.finish(handle.owner.lease, {
        events: [stored.seq, ...also],
        attempt,
        decision,
        operations: added,
        at: clock.now(),
        ...(startedAt === undefined ? {} : { startedAt }),
        ...(state.length + more.length > 0 && { state: [...state, ...more] }),
      }),
    );
  }

  /** Says something of an answer before the turn has ended, or after it. */
  async say(
    handle: AccountHandle,
    stored: StoredEvent,
    operations: readonly Operation[],
    {
      state = [],
      isRemembered = true,
      isSealed = false,
      policyRevision,
    }: Pick<OutcomeDetails, "state" | "isRemembered" | "isSealed" | "policyRevision"> = {},
  ): Promise<void> {
    const { store } = this.#options;
    const enqueued = { operations, isRemembered, isSealed, policyRevision };
    await this.#enqueue(handle, stored, enqueued, (added, more) =>
      state.length + more.length === 0
        ? store.enqueue(handle.owner.lease, added)
        : this.#commitBeside(handle, stored, added, [...state, ...more]),
    );
  }

  /**
   * Adds an operation beside the answer, and what is to be kept of it in the same commit.
   *
   * @param state by the operation's key
   * @returns the operation's number
   */
  async add(
    handle: AccountHandle,
    stored: StoredEvent,
    operation: Operation,
    {
      state,
      ...how
    }: Pick<Enqueued, "isRemembered" | "policyRevision"> & {
      readonly state: (key: string) => readonly StateChange[];
    },
  ): Promise<number> {
    const enqueued = { operations: [operation], isSealed: false, ...how };
    const [seq] = await this.#enqueue(handle, stored, enqueued, (added, more) =>
      this.#commitBeside(handle, stored, added, [...added.flatMap(({ key }) => state(key)), ...more]),
    );
    if (seq === undefined) throw new StoreError("broken", "the store did not say which operation it made");
    return seq;
  }

  /** Operations and values, and no end of any event. */
  #commitBeside(
    handle: AccountHandle,
    { decision }: StoredEvent,
    operations: readonly NewOperation[],
    state: readonly StateChange[],
  ): Promise<readonly number[]> {
    const { store, clock } = this.#options;
    const at = clock.now();
    return store.finish(handle.owner.lease, { events: [], attempt: 0, decision, operations, state, at });
  }

  /**
   * @param commit given what else belongs into it; resolves to the operations' numbers
   * @returns them
   */
  #enqueue(
    handle: AccountHandle,
    stored: StoredEvent,
    { operations, ending, isRemembered, isSealed, policyRevision }: Enqueued,
    commit: (added: readonly NewOperation[], state: readonly StateChange[]) => Promise<readonly number[]>,
  ): Promise<readonly number[]> {
    const { durably, clock, limits, outbox, buttons, spool } = this.#options;
    return handle.places.share(async () => {
      const at = clock.now();
      const session = sessionNow(handle, stored);
      const needSealing = !isSealed && operations.some(hasButtons);
      const sealed = needSealing
        ? await Promise.all(operations.map((operation) => buttons.seal(handle, operation)))
        : operations.map((operation) => ({ operation, state: [] }));
      const state = sealed.flatMap((each) => each.state);
      const expiresAt = limits.operationMaxAgeMs === 0 ? 0 : at + limits.operationMaxAgeMs;
      const toNew = (operation: Operation) => ({
        key: newKey(),
        operation,
        lane: outboxLane(handle.currentAddress<Address>(operation.to)),
        createdAt: at,
        expiresAt,
      });
      const added: readonly NewOperation[] = [
        ...sealed.map(({ operation }) => ({
          ...toNew(operation),
          ...(isRemembered ? { session } : {}),
          turn: stored.seq,
        })),
        ...(ending === undefined ? [] : [toNew(ending)]),
      ];
      const [first, ...others] = added;
      const announced = first === undefined ? undefined : await outbox.announce(handle, first);
      let seqs: readonly number[];
      try {
        seqs = await durably.do(() =>
          commit(
            first === undefined || announced === undefined
              ? added
              : [{ ...first, announced: announced.parts }, ...others],
            state,
          ),
        );
      } catch (error) {
        announced?.release();
        throw error;
      }
      for (const each of added) spool.hold(each.key, filesOf(each.operation));
      for (const [index, seq] of seqs.entries()) {
        const operation = added[index];
        if (index === 0 && announced !== undefined) announced.start(seq, policyRevision);
        else if (operation !== undefined) outbox.add(handle, seq, operation, policyRevision);
      }
      return seqs;
    });
  }
}

/** 22 URL-safe characters out of 122 random bits. */
export function newKey(): string {
  // Node draws the bits of UUIDs many at a time, which costs a tenth of drawing 16 bytes.
  return Buffer.from(randomUUID().replaceAll("-", ""), "hex").toString("base64url");
}

/** Ids may be renamed while an agent works. */
export function sessionNow(handle: AccountHandle, { session }: StoredEvent): string {
  return handle.hasAliases ? currentPlace(session, (id) => handle.current(id)) : session;
}
