import { fitted } from "../buttons/rows.js";
import type { AccountHandle } from "../connection/handle.js";
import type { Address } from "../contract/address.js";
import type { Clock, Connection } from "../contract/connection.js";
import { ConnectorError, StoreError } from "../contract/errors.js";
import type { OperationFeature } from "../contract/features.js";
import type { Operation, Part, SendOperation, SendResult } from "../contract/operation.js";
import type { Durably } from "../durable.js";
import { type ChatDirectory, isUsable } from "../inbox/chats.js";
import { refusalAt } from "../media/outgoing.js";
import type { NewOperation, Store, StoredOperation, StoredPart } from "../store/port.js";
import type { OutboxAdmission } from "./admission.js";
import { type Calls, doubtsOf, type Job, type Retry } from "./calls.js";
import type { OutboxEntry } from "./lane.js";
import type { Ledger, Settled } from "./ledger.js";
import type { PaceBook } from "./paces.js";

/** After a fault of this program or the store, which says nothing about when it will be over. */
const FAULT_RETRY_MS = 60_000;

/** `recorded`: its last call was made well; what remains is to write that down. */
export type SendOutcome = Retry | { readonly recorded: Promise<Retry> };

/** What the outbox knows of an operation besides its number. */
export interface SendOptions {
  /** Not read back from the store. */
  readonly operation: StoredOperation | undefined;
  /** What came of earlier operations of the lane is being written down; no call is made before it is. */
  readonly recording: ReadonlyMap<number, Promise<void>>;
}

export interface SenderOptions {
  readonly store: Store;
  readonly durably: Durably;
  readonly ledger: Ledger;
  readonly admission: OutboxAdmission;
  readonly paces: PaceBook;
  readonly calls: Calls;
  readonly chats: ChatDirectory;
  readonly clock: Clock;
  /** Aborted when the runtime stops waiting for calls under way. */
  readonly signal: AbortSignal;
}

/** Takes one operation through its parts. What is known of a call is always in the store before the next one begins. */
export class Sender {
  readonly #options: SenderOptions;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** Never rejects, nor does what it resolves to. */
  send(
    handle: AccountHandle,
    { seq, policyRevision }: OutboxEntry,
    { operation: fresh, recording }: SendOptions,
  ): Promise<SendOutcome> {
    const { store, durably, clock, ledger, admission } = this.#options;
    return this.#guarded(handle, seq, async () => {
      const [operation] = fresh === undefined ? await durably.do(() => store.operations([seq])) : [fresh];
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
      return await this.#sendOperation({ handle, connection, operation, recording });
    });
  }

  /** The parts of an operation whose first call may be made at once; its place in the pace is taken. */
  async announce(
    handle: AccountHandle,
    { operation }: NewOperation,
  ): Promise<readonly [Part, ...Part[]] | undefined> {
    const { connection } = handle;
    if (connection === undefined || hasFiles(operation)) return undefined;
    try {
      const ready = fitted(operation, connection.supports(operation.to).buttons);
      const [first, ...others] = (await atOnce(connection.prepare(ready))) ?? [];
      const to = handle.currentAddress<Address>(operation.to);
      return first !== undefined && this.#reserve({ handle, connection, to }, first) === 0
        ? [first, ...others]
        : undefined;
    } catch (error) {
      // It is tried again by itself, where its failure is judged and noted.
      handle.log.debug({ err: error }, "an operation could not be prepared beforehand");
      return undefined;
    }
  }

  /** Goes on with an operation whose first call was announced in its commit. Never rejects, nor does what it resolves to. */
  sendAnnounced(handle: AccountHandle, operation: StoredOperation): Promise<SendOutcome> {
    return this.#guarded(handle, operation.seq, async () => {
      const { connection } = handle;
      const feature = connection?.supports(operation.operation.to).operations[operation.operation.kind];
      if (connection === undefined || feature === undefined) return this.takeBack(handle, operation);
      const to = await this.#destination(handle, operation);
      return this.#sendParts({ handle, connection, operation, feature, to }, operation.parts, {
        isAnnounced: true,
      });
    });
  }

  /** The announced first call is not made after all. Never rejects. */
  takeBack(handle: AccountHandle, operation: StoredOperation): Promise<SendOutcome> {
    return this.#guarded(handle, operation.seq, () => this.#options.calls.takeBack(handle, operation, 0, 0));
  }

  async #guarded<T extends SendOutcome>(
    handle: AccountHandle,
    operation: number,
    work: () => Promise<T>,
  ): Promise<T | Retry> {
    const { clock, signal } = this.#options;
    try {
      return await work();
    } catch (error) {
      // Ended by somebody else meanwhile: a receipt, or the operator.
      if (error instanceof StoreError && error.problem === "stale") return undefined;
      if (!signal.aborted)
        handle.log.error({ err: error, operation }, "an operation could not be handled; trying again later");
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

  async #sendOperation({
    handle,
    connection,
    operation,
    recording,
  }: Pick<Job, "handle" | "connection" | "operation"> &
    Pick<SendOptions, "recording">): Promise<SendOutcome> {
    const { ledger } = this.#options;
    const prepared = await this.#prepare(handle, connection, operation);
    if ("refused" in prepared) {
      await ledger.close(handle, operation, "failed", prepared.refused);
      return undefined;
    }
    const { feature, split } = prepared;
    const parts = split?.map(queuedPart) ?? operation.parts;
    if (parts.every(({ state }) => state === "sent")) {
      await ledger.close(handle, operation, "done", "");
      return undefined;
    }
    const to = await this.#destination(handle, operation);
    return this.#sendParts({ handle, connection, operation, feature, to }, parts, { split, recording });
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
      const here = connection.supports(to);
      const { name } = handle.connector.manifest;
      const feature = here.operations[kind];
      if (feature === undefined) return { refused: `${name} has no "${kind}" here.` };
      const refused = hasFiles(operation)
        ? (operation.refused ?? refusalAt(operation.attachments ?? [], here, name))
        : undefined;
      if (refused !== undefined) return { refused };
      return parts.length > 0
        ? { feature }
        : {
            feature,
            split: await this.#options.calls.split(connection, fitted(operation, here.buttons)),
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
    start: {
      readonly split?: readonly Part[] | undefined;
      readonly isAnnounced?: boolean;
      readonly recording?: ReadonlyMap<number, Promise<void>>;
    },
  ): Promise<SendOutcome> {
    const { calls, ledger, paces, clock, signal } = this.#options;
    const { handle, operation } = job;
    const previous: SendResult[] = [];
    let { isAnnounced = false, split } = start;
    for (const [index, part] of parts.entries()) {
      if (part.state === "sent") {
        previous.push(part.result ?? {});
        continue;
      }
      const isLast = index === parts.length - 1;
      const call = { index, part, previous };
      const done: Settled = { index, state: "sent", ...(isLast ? { operationState: "done" } : {}) };
      const found = doubtsOf(part) > 0 ? await calls.resolve(job, call) : "again";
      if (found === "held") return undefined;
      if (found !== "again") {
        if (!(await ledger.settle(handle, operation, { ...done, result: found }))) return undefined;
        previous.push(found);
        continue;
      }
      // An announced call is taken back by `make`.
      if (signal.aborted && !isAnnounced) return { retryAt: clock.now() };
      if (!isAnnounced) {
        const opensAt = this.#reserve(job, part.part);
        if (opensAt > 0) return { retryAt: opensAt };
        // Side by side, so that one commit takes both.
        await Promise.all([
          ledger.attempt(handle, operation, index, split),
          ...(start.recording?.values() ?? []),
        ]);
      }
      // The store may have taken its time, and the platform may have asked to wait meanwhile.
      const closedUntil = paces.closedUntil(handle, job.to.chat, part.part.call);
      if (closedUntil > clock.now()) return calls.takeBack(handle, operation, index, closedUntil);
      split = undefined;
      const outcome = await calls.make(job, call);
      if ("failed" in outcome) return outcome.failed;
      const { result } = outcome;
      previous.push(result);
      if (isLast) return { recorded: this.#record(job, { ...done, result }) };
      // One commit records this call and announces the next, where nothing has to be waited for.
      const next = parts[index + 1];
      isAnnounced = next?.state === "queued" && doubtsOf(next) === 0 && this.#reserve(job, next.part) === 0;
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

  #record(job: Job, done: Settled & { readonly result: SendResult }): Promise<Retry> {
    return this.#guarded(job.handle, job.operation.seq, async () => {
      await this.#options.ledger.settle(job.handle, job.operation, done);
      await this.#noteRoute(job, done.result);
      return undefined;
    });
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

  async #destination(handle: AccountHandle, operation: StoredOperation): Promise<Address> {
    const { route, ...to } = handle.currentAddress<Address>(operation.operation.to);
    if (route !== undefined && isUsable(route, this.#options.clock.now())) return { ...to, route };
    const stored = await this.#options.chats.route(handle, to);
    return stored === undefined ? to : { ...to, route: stored };
  }

  #reserve({ handle, connection, to }: Pick<Job, "handle" | "connection" | "to">, { call }: Part): number {
    return this.#options.paces.reserve(handle, to.chat, call, connection.supports(to).pace);
  }
}

/** The work's result when it is there within this turn of the event loop: nothing that is to be committed waits for it longer. */
function atOnce<T>(work: T | Promise<T>): T | Promise<T | undefined> {
  if (!(work instanceof Promise)) return work;
  return new Promise((resolve, reject) => {
    const timer = setImmediate(() => resolve(undefined));
    work.then(resolve, reject).finally(() => clearImmediate(timer));
  });
}

function hasFiles(operation: Operation): operation is SendOperation {
  return (
    operation.kind === "send" && (operation.attachments !== undefined || operation.refused !== undefined)
  );
}

/** A part that nothing was done with yet. */
export function queuedPart(part: Part): StoredPart {
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
