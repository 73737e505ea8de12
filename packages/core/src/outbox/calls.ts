import type { AccountHandle } from "../connection/handle.js";
import type { Address } from "../contract/address.js";
import type { Clock, Connection, DispatchContext } from "../contract/connection.js";
import { type ConnectorError, isRateLimited, Transient, Unknown } from "../contract/errors.js";
import type { OperationFeature } from "../contract/features.js";
import type { Operation, Part, SendResult } from "../contract/operation.js";
import type { Spool } from "../media/spool.js";
import type { StoredOperation, StoredPart } from "../store/port.js";
import type { Ledger } from "./ledger.js";
import type { PaceBook } from "./paces.js";
import { judge, toCallError, toldOf } from "./verdict.js";

/** A call of unknown outcome that nothing can look up is made at most this often in all; every one may be a double. */
const MAX_UNCERTAIN_CALLS = 3;
/** No platform call takes longer; the connection's own limits are shorter. */
const CALL_LIMIT_MS = 2 * 60_000;
const ENDED_DURING_CALL = "the program ended during the call";

export interface CallsOptions {
  readonly ledger: Ledger;
  readonly paces: PaceBook;
  readonly spool: Spool;
  readonly clock: Clock;
  readonly random: () => number;
  /** Aborted when the runtime stops waiting for calls under way. */
  readonly signal: AbortSignal;
}

/** To be tried again then, Unix ms; undefined when it is over, well or not. */
export type Retry = { readonly retryAt: number } | undefined;

/** An operation on its way: what does not change from part to part. */
export interface Job {
  readonly handle: AccountHandle;
  readonly connection: Connection;
  readonly operation: StoredOperation;
  readonly feature: OperationFeature;
  readonly to: Address;
}

/** One part of a job, with what the earlier ones came to. */
export interface Call {
  readonly index: number;
  readonly part: StoredPart;
  readonly previous: readonly SendResult[];
}

/** Makes platform calls, and judges what came of them. */
export class Calls {
  readonly #options: CallsOptions;

  constructor(options: CallsOptions) {
    this.#options = options;
  }

  /** The calls that an operation comes to. */
  async split(connection: Connection, operation: Operation): Promise<readonly Part[]> {
    const prepared = connection.prepare(operation);
    if (!(prepared instanceof Promise)) return prepared;
    return this.#limited(() => prepared);
  }

  async make(job: Job, call: Call): Promise<{ readonly result: SendResult } | { readonly failed: Retry }> {
    const { clock, signal } = this.#options;
    const { handle, connection, operation, to } = job;
    const { part } = call.part;
    if (signal.aborted) {
      // Announced, and not made after all: no doubt about it needs to be kept.
      return { failed: await this.takeBack(handle, operation, call.index, 0) };
    }
    try {
      const result = await this.#limited(
        (until) => connection.dispatch(part, this.#context(job, call, until)),
        () => new Unknown(`${part.call} was given up before it was answered`),
      );
      handle.lastOutbound = clock.now();
      const wentElsewhere = result.to === undefined && to.chat !== operation.operation.to.chat;
      return { result: wentElsewhere ? { ...result, to } : result };
    } catch (error) {
      return { failed: await this.#failed(job, call, toCallError(error)) };
    }
  }

  /** What to do with a call of unknown outcome: the platform drops repeated keys, or can be asked, or the stated policy decides. */
  async resolve(job: Job, call: Call): Promise<SendResult | "again" | "held"> {
    const { ledger, clock } = this.#options;
    const { handle, connection, feature, operation } = job;
    const { part, index } = call;
    const { idempotency } = feature;
    const age = clock.now() - (part.attemptedAt ?? 0);
    if (idempotency.mode === "native" && age < idempotency.windowMs) return "again";
    if (idempotency.mode === "detect" && connection.find !== undefined) {
      const look = connection.find.bind(connection);
      const found = await this.#limited((until) => look(part.part, this.#context(job, call, until)));
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

  /** An announced call is not made after all, or not before `dueAt`. */
  async takeBack(
    handle: AccountHandle,
    operation: StoredOperation,
    index: number,
    dueAt: number,
  ): Promise<{ readonly retryAt: number }> {
    const { ledger, clock } = this.#options;
    await ledger.settle(handle, operation, { index, state: "queued", ...(dueAt === 0 ? {} : { dueAt }) });
    return { retryAt: dueAt === 0 ? clock.now() : dueAt };
  }

  async #failed(job: Job, { index, part }: Call, error: ConnectorError): Promise<Retry> {
    const { ledger, paces, clock, random } = this.#options;
    const { handle, operation } = job;
    const calls = part.attempts + 1;
    const verdict = judge(error, calls, clock.now(), random, handle.config.retry);
    const fields = { operation: operation.seq, call: part.part.call, calls };
    if (isRateLimited(error)) {
      handle.log.info(
        { ...fields, waitMs: error.retryAfterMs, scope: error.scope },
        "the platform asks to wait",
      );
      await paces.limited(handle, error, job.to.chat, part.part.call);
    } else handle.log.warn({ ...fields, err: error, ...verdict }, "a call failed");
    const settled = { index, error: toldOf(error) };
    if (verdict.state === "rejected") {
      await ledger.settle(handle, operation, { ...settled, state: "rejected", operationState: "failed" });
      return undefined;
    }
    await ledger.settle(handle, operation, { ...settled, state: verdict.state, dueAt: verdict.retryAt });
    const stopsAccount = verdict.state === "queued" && verdict.stopsAccount;
    if (stopsAccount && handle.connection === job.connection) handle.fail(error);
    return { retryAt: verdict.retryAt };
  }

  /**
   * Gives a connector's work a signal that is aborted after the limit, or when the runtime stops waiting. Then it is over, also where
   * the connector does not heed its signal.
   */
  #limited<T>(
    work: (until: AbortSignal) => Promise<T>,
    error: () => ConnectorError = () => new Transient("it was cancelled"),
  ): Promise<T> {
    const { clock, signal } = this.#options;
    return new Promise<T>((resolve, reject) => {
      const limit = new AbortController();
      const end = () => {
        cancelLimit();
        signal.removeEventListener("abort", giveUp);
      };
      const giveUp = () => {
        end();
        limit.abort();
        reject(error());
      };
      const cancelLimit = clock.after(CALL_LIMIT_MS, giveUp);
      signal.addEventListener("abort", giveUp, { once: true });
      new Promise<T>((begin) => begin(work(limit.signal))).then(
        (result) => {
          end();
          resolve(result);
        },
        (reason: unknown) => {
          end();
          reject(reason);
        },
      );
      if (signal.aborted) giveUp();
    });
  }

  #context({ operation, to }: Job, { index, part, previous }: Call, signal: AbortSignal): DispatchContext {
    return {
      key: `${operation.key}.${index}`,
      to,
      attempt: part.attempts + 1,
      firstAttemptAt: part.attemptedAt ?? this.#options.clock.now(),
      uncertain: doubtsOf(part) > 0,
      previous,
      open: ({ spool }) => this.#options.spool.open(spool),
      signal,
    };
  }
}

/** Calls whose outcome was never learnt, the last one included. */
export function doubtsOf(part: StoredPart): number {
  return part.uncertain + (part.state === "attempting" || part.state === "unknown" ? 1 : 0);
}
