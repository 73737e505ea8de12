import { untilAborted } from "../abort.js";
import type { AccountHandle } from "../connection/handle.js";
import type { Address } from "../contract/address.js";
import type { Clock, Connection, DispatchContext } from "../contract/connection.js";
import { ConnectorError, isRateLimited, StoreError, Unknown } from "../contract/errors.js";
import type { OperationFeature } from "../contract/features.js";
import type { Part, SendResult } from "../contract/operation.js";
import type { Durably } from "../durable.js";
import { type ChatDirectory, isUsable } from "../inbox/chats.js";
import type { Store, StoredOperation, StoredPart } from "../store/port.js";
import type { OutboxAdmission } from "./admission.js";
import type { Ledger, Settled } from "./ledger.js";
import type { OutboxEntry } from "./outbox.js";
import type { PaceBook } from "./paces.js";
import { judge, toCallError } from "./verdict.js";

/** After a fault of this program or the store, which says nothing about when it will be over. */
const FAULT_RETRY_MS = 60_000;
/** A call of unknown outcome that nothing can look up is made at most this often in all; every one may be a double. */
const MAX_UNCERTAIN_CALLS = 3;
/** No platform call takes longer; the connection's own limits are shorter. */
const CALL_LIMIT_MS = 2 * 60_000;
const ENDED_DURING_CALL = "the program ended during the call";

/** Undefined: the operation is over, well or not. A time: it is to be tried again then. */
export type SendOutcome = { readonly retryAt: number } | undefined;

export interface SenderOptions {
  readonly store: Store;
  readonly durably: Durably;
  readonly ledger: Ledger;
  readonly admission: OutboxAdmission;
  readonly paces: PaceBook;
  readonly chats: ChatDirectory;
  readonly clock: Clock;
  readonly random: () => number;
  /** Aborted when the runtime stops waiting for calls under way. */
  readonly signal: AbortSignal;
}

/** An operation on its way: what does not change from part to part. */
interface Job {
  readonly handle: AccountHandle;
  readonly connection: Connection;
  readonly operation: StoredOperation;
  readonly feature: OperationFeature;
  readonly to: Address;
}

/** One part of a job, with what the earlier ones came to. */
interface Call {
  readonly index: number;
  readonly part: StoredPart;
  readonly previous: readonly SendResult[];
}

/** Takes one operation through its parts. What is known of a call is always in the store before the next one begins. */
export class Sender {
  readonly #options: SenderOptions;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** Never rejects. */
  async send(handle: AccountHandle, { seq, policyRevision }: OutboxEntry): Promise<SendOutcome> {
    const { store, durably, clock, signal, ledger, admission } = this.#options;
    try {
      const [operation] = await durably.do(() => store.operations([seq]));
      if (operation === undefined || operation.state !== "open") return undefined;
      if (operation.expiresAt !== 0 && operation.expiresAt <= clock.now()) {
        await this.#expire(handle, operation);
        return undefined;
      }
      const { connection } = handle;
      // Lost since the lane was started; the outbox parks it.
      if (connection === undefined) return { retryAt: clock.now() };
      const looked = admission.refusal(handle, operation, policyRevision);
      const refusal = looked === undefined ? undefined : await looked;
      if (refusal !== undefined) {
        await ledger.close(handle, operation, "dropped", refusal);
        return undefined;
      }
      return await this.#sendOperation(handle, connection, operation);
    } catch (error) {
      // Ended by somebody else meanwhile: a receipt, or the operator.
      if (error instanceof StoreError && error.problem === "stale") return undefined;
      if (!signal.aborted) {
        handle.log.error(
          { err: error, operation: seq },
          "an operation could not be handled; trying again later",
        );
      }
      return { retryAt: clock.now() + FAULT_RETRY_MS };
    }
  }

  /** What may have arrived must not vanish without a word. */
  async #expire(handle: AccountHandle, operation: StoredOperation): Promise<void> {
    const inDoubt = operation.parts.some((part) => part.state !== "sent" && doubtsOf(part) > 0);
    const reason = inDoubt
      ? "It may or may not have arrived, and grew too old to find out."
      : "It grew too old before it could be sent.";
    await this.#options.ledger.close(handle, operation, inDoubt ? "failed" : "expired", reason);
  }

  async #sendOperation(
    handle: AccountHandle,
    connection: Connection,
    operation: StoredOperation,
  ): Promise<SendOutcome> {
    const { ledger } = this.#options;
    const prepared = await this.#prepare(handle, connection, operation);
    if ("refused" in prepared) {
      await ledger.close(handle, operation, "failed", prepared.refused);
      return undefined;
    }
    const { feature, split } = prepared;
    const parts = split?.map(fresh) ?? operation.parts;
    if (parts.every(({ state }) => state === "sent")) {
      await ledger.close(handle, operation, "done", "");
      return undefined;
    }
    const to = await this.#destination(handle, operation);
    return this.#sendParts({ handle, connection, operation, feature, to }, parts, split);
  }

  async #prepare(
    handle: AccountHandle,
    connection: Connection,
    { operation, parts }: StoredOperation,
  ): Promise<
    { readonly feature: OperationFeature; readonly split?: readonly Part[] } | { readonly refused: string }
  > {
    const { kind, to } = operation;
    try {
      const feature = connection.supports(to).operations[kind];
      if (feature === undefined)
        return { refused: `${handle.connector.manifest.name} has no "${kind}" here.` };
      return parts.length > 0
        ? { feature }
        : {
            feature,
            split: await this.#limited((until) =>
              untilAborted(Promise.resolve(connection.prepare(operation)), until),
            ),
          };
    } catch (error) {
      if (ConnectorError.isInstance(error) && error.retryable) throw error;
      // A fault of the connector is the same the next time; the operator sees it, and can try again after an update.
      handle.log.error({ err: error }, "an operation could not be prepared");
      return { refused: error instanceof Error ? error.message : String(error) };
    }
  }

  async #sendParts(
    job: Job,
    parts: readonly StoredPart[],
    split: readonly Part[] | undefined,
  ): Promise<SendOutcome> {
    const { ledger, paces, clock, signal } = this.#options;
    const { handle, operation } = job;
    const previous: SendResult[] = [];
    let isAnnounced = false;
    for (const [index, part] of parts.entries()) {
      if (part.state === "sent") {
        previous.push(part.result ?? {});
        continue;
      }
      const isLast = index === parts.length - 1;
      const call = { index, part, previous };
      const done: Settled = { index, state: "sent", ...(isLast ? { operationState: "done" } : {}) };
      const found = doubtsOf(part) > 0 ? await this.#resolve(job, call) : "again";
      if (found === "held") return undefined;
      if (found !== "again") {
        if (!(await ledger.settle(handle, operation, { ...done, result: found }))) return undefined;
        previous.push(found);
        continue;
      }
      // An announced call is taken back by #call.
      if (signal.aborted && !isAnnounced) return { retryAt: clock.now() };
      if (!isAnnounced) {
        const opensAt = this.#reserve(job, part);
        if (opensAt > 0) return { retryAt: opensAt };
        await ledger.attempt(handle, operation, index, split);
        // The store may have taken its time, and the platform may have asked to wait meanwhile.
        const closedUntil = paces.closedUntil(handle, job.to.chat, part.part.call);
        if (closedUntil > clock.now()) {
          await ledger.settle(handle, operation, { index, state: "queued", dueAt: closedUntil });
          return { retryAt: closedUntil };
        }
      }
      split = undefined;
      const outcome = await this.#call(job, call);
      if ("failed" in outcome) return outcome.failed;
      const { result } = outcome;
      previous.push(result);
      // One commit records this call and announces the next, where nothing has to be waited for.
      const next = parts[index + 1];
      isAnnounced = next?.state === "queued" && doubtsOf(next) === 0 && this.#reserve(job, next) === 0;
      const isOpen = await ledger.settle(handle, operation, {
        ...done,
        result,
        ...(isAnnounced ? { next: index + 1 } : {}),
      });
      await this.#noteRoute(job, result);
      if (!isOpen) return undefined;
    }
    return undefined;
  }

  async #call(
    job: Job,
    call: Call,
  ): Promise<{ readonly result: SendResult } | { readonly failed: SendOutcome }> {
    const { ledger, clock, signal } = this.#options;
    const { handle, connection, operation, to } = job;
    const { part } = call.part;
    if (signal.aborted) {
      // Announced, and not made after all: no doubt about it needs to be kept.
      await ledger.settle(handle, operation, { index: call.index, state: "queued" });
      return { failed: { retryAt: clock.now() } };
    }
    try {
      const error = () => new Unknown(`${part.call} was given up before it was answered`);
      const result = await this.#limited((until) =>
        untilAborted(connection.dispatch(part, this.#context(job, call, until)), until, { error }),
      );
      handle.lastOutbound = clock.now();
      const wentElsewhere = result.to === undefined && to.chat !== operation.operation.to.chat;
      return { result: wentElsewhere ? { ...result, to } : result };
    } catch (error) {
      return { failed: await this.#failed(job, call, toCallError(error)) };
    }
  }

  /** Gives a connector's work a signal that is aborted after the limit, or when the runtime stops waiting. */
  async #limited<T>(work: (until: AbortSignal) => Promise<T>): Promise<T> {
    const { clock, signal } = this.#options;
    const limit = new AbortController();
    const cancelLimit = clock.after(CALL_LIMIT_MS, () => limit.abort());
    // Also where the connector does not heed its signal, no timer outlives the runtime.
    signal.addEventListener("abort", cancelLimit, { once: true });
    try {
      return await work(AbortSignal.any([signal, limit.signal]));
    } finally {
      cancelLimit();
      signal.removeEventListener("abort", cancelLimit);
    }
  }

  /** A pointer that cannot be kept is found again with the next message; what was sent stays sent. */
  async #noteRoute({ handle, to }: Job, result: SendResult): Promise<void> {
    if (result.route === undefined) return;
    try {
      await this.#options.chats.noteRoute(handle, result.to ?? to, result.route);
    } catch (error) {
      handle.log.warn({ err: error, chat: to.chat }, "a route could not be noted");
    }
  }

  async #failed(job: Job, { index, part }: Call, error: ConnectorError): Promise<SendOutcome> {
    const { ledger, paces, clock, random } = this.#options;
    const { handle, operation } = job;
    const calls = part.attempts + 1;
    const verdict = judge(error, calls, clock.now(), random);
    const fields = { operation: operation.seq, call: part.part.call, calls };
    if (isRateLimited(error)) {
      handle.log.info(
        { ...fields, waitMs: error.retryAfterMs, scope: error.scope },
        "the platform asks to wait",
      );
      await paces.limited(handle, error, job.to.chat, part.part.call);
    } else handle.log.warn({ ...fields, err: error, ...verdict }, "a call failed");
    const settled = { index, error: error.message };
    if (verdict.state === "rejected") {
      await ledger.settle(handle, operation, { ...settled, state: "rejected", operationState: "failed" });
      return undefined;
    }
    await ledger.settle(handle, operation, { ...settled, state: verdict.state, dueAt: verdict.retryAt });
    const stopsAccount = verdict.state === "queued" && verdict.stopsAccount;
    if (stopsAccount && handle.connection === job.connection) handle.fail(error);
    return { retryAt: verdict.retryAt };
  }

  /** What to do with a call of unknown outcome: the platform drops repeated keys, or can be asked, or the stated policy decides. */
  async #resolve(job: Job, call: Call): Promise<SendResult | "again" | "held"> {
    const { ledger, clock } = this.#options;
    const { handle, connection, feature, operation } = job;
    const { part, index } = call;
    const { idempotency } = feature;
    const age = clock.now() - (part.attemptedAt ?? 0);
    if (idempotency.mode === "native" && age < idempotency.windowMs) return "again";
    if (idempotency.mode === "detect" && connection.find !== undefined) {
      const look = connection.find.bind(connection);
      const found = await this.#limited((until) =>
        untilAborted(look(part.part, this.#context(job, call, until)), until),
      );
      if (found === "absent") return "again";
      if (found !== "unknown") return found;
    }
    const why = part.error ?? ENDED_DURING_CALL;
    const doubts = doubtsOf(part) - part.accepted;
    // A retry by the operator takes the doubts of before into account.
    if (doubts === 0) return "again";
    if (feature.onUnknown === "resend" && doubts < MAX_UNCERTAIN_CALLS) {
      handle.log.warn(
        { operation: operation.seq, part: index, why },
        "a call that may have arrived is made again",
      );
      return "again";
    }
    const error = `It may or may not have arrived: ${why}`;
    await ledger.settle(handle, operation, { index, state: "unknown", error, operationState: "failed" });
    return "held";
  }

  #context({ operation, to }: Job, { index, part, previous }: Call, signal: AbortSignal): DispatchContext {
    return {
      key: `${operation.key}.${index}`,
      to,
      attempt: part.attempts + 1,
      firstAttemptAt: part.attemptedAt ?? this.#options.clock.now(),
      uncertain: doubtsOf(part) > 0,
      previous,
      signal,
    };
  }

  async #destination(handle: AccountHandle, operation: StoredOperation): Promise<Address> {
    const { route, ...to } = handle.currentAddress<Address>(operation.operation.to);
    if (route !== undefined && isUsable(route, this.#options.clock.now())) return { ...to, route };
    const stored = await this.#options.chats.route(handle, to);
    return stored === undefined ? to : { ...to, route: stored };
  }

  #reserve({ handle, connection, to }: Job, part: StoredPart): number {
    return this.#options.paces.reserve(handle, to.chat, part.part.call, connection.supports(to).pace);
  }
}

/** Calls whose outcome was never learnt, the last one included. */
function doubtsOf(part: StoredPart): number {
  return part.uncertain + (part.state === "attempting" || part.state === "unknown" ? 1 : 0);
}

function fresh(part: Part): StoredPart {
  return {
    part,
    state: "queued",
    attempts: 0,
    uncertain: 0,
    accepted: 0,
    attemptedAt: undefined,
    settledAt: undefined,
    result: undefined,
    error: undefined,
    receipt: undefined,
  };
}
