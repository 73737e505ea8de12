import type { AccountHandle } from "../connection/handle.js";
import type { Clock } from "../contract/connection.js";
import type { Part } from "../contract/operation.js";
import type { Durably } from "../durable.js";
import { filesOf, type Spool } from "../media/spool.js";
import type { SettleRequest, Store, StoredOperation } from "../store/port.js";
import type { Receipts } from "./receipts.js";

export interface LedgerOptions {
  readonly store: Store;
  readonly durably: Durably;
  readonly receipts: Receipts;
  readonly spool: Spool;
  readonly clock: Clock;
  readonly redact: (text: string) => string;
}

export type Settled = Omit<SettleRequest, "operation" | "at">;

/** Writes down what is done with operations. Each change is repeated until the store has taken it. */
export class Ledger {
  readonly #options: LedgerOptions;

  constructor(options: LedgerOptions) {
    this.#options = options;
  }

  /** @param split the operation's parts, on its first attempt */
  attempt(
    handle: AccountHandle,
    operation: StoredOperation,
    index: number,
    split: readonly Part[] | undefined,
  ): Promise<void> {
    const { store, durably, clock } = this.#options;
    const request = {
      operation: operation.seq,
      index,
      at: clock.now(),
      ...(split === undefined ? {} : { parts: split }),
    };
    return durably.do(() => store.attempt(handle.owner.lease, request));
  }

  /** @returns whether the operation goes on: it is neither over nor ended by a late failure of what was sent */
  async settle(handle: AccountHandle, operation: StoredOperation, settled: Settled): Promise<boolean> {
    const { store, durably, clock, receipts, redact } = this.#options;
    const error = settled.error === undefined ? {} : { error: redact(settled.error) };
    const request = { ...settled, ...error, operation: operation.seq, at: clock.now() };
    const isOpen = await durably.do(() => store.settle(handle.owner.lease, request));
    if (settled.operationState === "done") this.#letGo(operation);
    const { message, to } = settled.result ?? {};
    if (message === undefined) return isOpen;
    const early = await receipts.sent(handle, to?.chat ?? operation.operation.to.chat, message);
    return isOpen && early !== "failed";
  }

  async close(
    handle: AccountHandle,
    operation: StoredOperation,
    state: "done" | "failed" | "expired" | "dropped",
    reason: string,
  ): Promise<void> {
    const { store, durably, clock, redact } = this.#options;
    if (state !== "done") handle.log.warn({ operation: operation.seq, reason }, `an operation is ${state}`);
    const request = { operation: operation.seq, state, reason: redact(reason), at: clock.now() };
    await durably.do(() => store.close(handle.owner.lease, request));
    // A dead letter may be tried again.
    if (state !== "failed") this.#letGo(operation);
  }
  #letGo({ key, operation }: StoredOperation): void {
    this.#options.spool.release(key, filesOf(operation));
  }
}
