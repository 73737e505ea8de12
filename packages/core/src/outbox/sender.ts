import type { AccountHandle } from "../connection/handle.js";
import type { Address } from "../contract/address.js";
import type { Clock, Connection, DispatchContext } from "../contract/connection.js";
import { ConnectorError, isRateLimited, Unknown } from "../contract/errors.js";
import type { OperationFeature } from "../contract/features.js";
import type { Part, SendResult } from "../contract/operation.js";
import { type ChatDirectory, isUsable } from "../inbox/chats.js";
import type { Store, StoredOperation, StoredPart } from "../store/port.js";
import type { Ledger, Settled } from "./ledger.js";
import { PaceKeeper } from "./pace.js";
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
  readonly ledger: Ledger;
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
  readonly #paces = new Map<string, PaceKeeper>();

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** Never rejects. */
  async send(handle: AccountHandle, seq: number): Promise<SendOutcome> {
    const { store, ledger, clock, signal } = this.#options;
    try {
      const [operation] = await store.operations([seq]);
      if (operation === undefined || operation.state !== "open") return undefined;
      if (operation.expiresAt !== 0 && operation.expiresAt <= clock.now()) {
        await ledger.close(handle, operation, "expired", "It grew too old before it could be sent.");
        return undefined;
      }
      const { connection } = handle;
      // Lost since the lane was started; the outbox parks it.
      if (connection === undefined) return { retryAt: clock.now() };
      return await this.#sendOperation(handle, connection, operation);
    } catch (error) {
      if (!signal.aborted) {
        handle.log.error(
          { err: error, operation: seq },
          "an operation could not be handled; trying again later",
        );
      }
      return { retryAt: clock.now() + FAULT_RETRY_MS };
    }
  }

  async #sendOperation(
    handle: AccountHandle,
    connection: Connection,
    operation: StoredOperation,
  ): Promise<SendOutcome> {
    const { ledger } = this.#options;
    const { kind, to } = operation.operation;
    const feature = connection.supports(to).operations[kind];
    if (feature === undefined) {
      await ledger.close(
        handle,
        operation,
        "failed",
        `${handle.connector.manifest.name} has no "${kind}" here.`,
      );
      return undefined;
    }
    let split: readonly Part[] | undefined;
    if (operation.parts.length === 0) {
      try {
        split = await connection.prepare(operation.operation);
      } catch (error) {
        if (!ConnectorError.isInstance(error) || error.retryable) throw error;
        await ledger.close(handle, operation, "failed", error.message);
        return undefined;
      }
    }
    const parts = split?.map(fresh) ?? operation.parts;
    if (parts.every(({ state }) => state === "sent")) {
      await ledger.close(handle, operation, "done", "");
      return undefined;
    }
    const destination = await this.#destination(handle, operation);
    return this.#sendParts({ handle, connection, operation, feature, to: destination }, parts, split);
  }

  async #sendParts(
    job: Job,
    parts: readonly StoredPart[],
    split: readonly Part[] | undefined,
  ): Promise<SendOutcome> {
    const { ledger, clock, signal } = this.#options;
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
      const found = isUncertain(part) ? await this.#resolve(job, call) : "again";
      if (found === "held") return undefined;
      if (found !== "again") {
        await ledger.settle(handle, operation, { ...done, result: found });
        previous.push(found);
        continue;
      }
      if (signal.aborted) return { retryAt: clock.now() };
      if (!isAnnounced) {
        const opensAt = this.#opensAt(job, part);
        if (opensAt > clock.now()) return { retryAt: opensAt };
        await ledger.attempt(handle, operation, index, previous.length === 0 ? split : undefined);
      }
      const outcome = await this.#call(job, call);
      if ("failed" in outcome) return outcome.failed;
      previous.push(outcome.result);
      // One commit records this call and announces the next, where nothing has to be waited for.
      const next = parts[index + 1];
      isAnnounced = next?.state === "queued" && this.#opensAt(job, next) <= clock.now();
      await ledger.settle(handle, operation, {
        ...done,
        result: outcome.result,
        ...(isAnnounced ? { next: index + 1 } : {}),
      });
    }
    return undefined;
  }

  async #call(
    job: Job,
    call: Call,
  ): Promise<{ readonly result: SendResult } | { readonly failed: SendOutcome }> {
    const { ledger, clock, signal, chats } = this.#options;
    const { handle, connection, operation, to } = job;
    const { part } = call.part;
    if (signal.aborted) {
      // Announced, and not made after all: no doubt about it needs to be kept.
      await ledger.settle(handle, operation, { index: call.index, state: "queued" });
      return { failed: { retryAt: clock.now() } };
    }
    const limit = new AbortController();
    const cancelLimit = clock.after(CALL_LIMIT_MS, () => {
      limit.abort(new Unknown(`${part.call} took longer than ${CALL_LIMIT_MS} ms`));
    });
    // Also where the connector does not heed its signal, no timer outlives the runtime.
    signal.addEventListener("abort", cancelLimit, { once: true });
    this.#pace(handle).called(to.chat, connection.supports(to).pace);
    try {
      const context = this.#context(job, call, AbortSignal.any([signal, limit.signal]));
      const result = await connection.dispatch(part, context);
      handle.lastOutbound = clock.now();
      if (result.route !== undefined) await chats.noteRoute(handle, result.to ?? to, result.route);
      return { result };
    } catch (error) {
      return { failed: await this.#failed(job, call, toCallError(error)) };
    } finally {
      cancelLimit();
      signal.removeEventListener("abort", cancelLimit);
    }
  }

  async #failed(job: Job, { index, part }: Call, error: ConnectorError): Promise<SendOutcome> {
    const { ledger, clock, random } = this.#options;
    const { handle, operation } = job;
    const calls = part.attempts + 1;
    if (isRateLimited(error)) this.#pace(handle).limited(error, job.to.chat, part.part.call);
    const verdict = judge(error, calls, clock.now(), random);
    const fields = { operation: operation.seq, call: part.part.call, calls };
    if (isRateLimited(error))
      handle.log.info(
        { ...fields, waitMs: error.retryAfterMs, scope: error.scope },
        "the platform asks to wait",
      );
    else handle.log.warn({ ...fields, err: error, ...verdict }, "a call failed");
    const settled = { index, error: error.message };
    if (verdict.state === "rejected") {
      await ledger.settle(handle, operation, { ...settled, state: "rejected", operationState: "failed" });
      return undefined;
    }
    await ledger.settle(handle, operation, { ...settled, state: verdict.state, dueAt: verdict.retryAt });
    if (verdict.state === "queued" && verdict.stopsAccount && handle.connection === job.connection)
      handle.fail(error);
    return { retryAt: verdict.retryAt };
  }

  /** What to do with a call of unknown outcome: the platform drops repeated keys, or can be asked, or the stated policy decides. */
  async #resolve(job: Job, call: Call): Promise<SendResult | "again" | "held"> {
    const { ledger, clock, signal } = this.#options;
    const { handle, connection, feature, operation } = job;
    const { part, index } = call;
    const { idempotency } = feature;
    const age = clock.now() - (part.attemptedAt ?? 0);
    if (idempotency.mode === "native" && age < idempotency.windowMs) return "again";
    if (idempotency.mode === "detect" && connection.find !== undefined) {
      const found = await connection.find(part.part, this.#context(job, call, signal));
      if (found === "absent") return "again";
      if (found !== "unknown") return found;
    }
    const why = part.error ?? ENDED_DURING_CALL;
    if (feature.onUnknown === "resend" && part.attempts < MAX_UNCERTAIN_CALLS) {
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
      uncertain: part.uncertain || isUncertain(part),
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

  #opensAt({ handle, connection, to }: Job, part: StoredPart): number {
    return this.#pace(handle).openAt(to.chat, part.part.call, connection.supports(to).pace);
  }

  #pace(handle: AccountHandle): PaceKeeper {
    const { identity } = handle.owner;
    let pace = this.#paces.get(identity);
    if (pace === undefined) {
      pace = new PaceKeeper(this.#options.clock);
      this.#paces.set(identity, pace);
    }
    return pace;
  }
}

function isUncertain(part: StoredPart): boolean {
  return part.state === "attempting" || part.state === "unknown";
}

function fresh(part: Part): StoredPart {
  return {
    part,
    state: "queued",
    attempts: 0,
    uncertain: false,
    attemptedAt: undefined,
    settledAt: undefined,
    result: undefined,
    error: undefined,
    receipt: undefined,
  };
}
