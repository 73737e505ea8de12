import { newKey } from "../../agent/outcomes.js";
import type { AccountHandle } from "../../connection/handle.js";
import type { Address } from "../../contract/address.js";
import type { Clock } from "../../contract/connection.js";
import { StoreError } from "../../contract/errors.js";
import type { Durably } from "../../durable.js";
import type { Outbox } from "../../outbox/outbox.js";
import type { ApproveCommand } from "../../runtime-types.js";
import { outboxLane } from "../../session/key.js";
import type { Store, StoredEvent } from "../../store/port.js";
import { CODE_LIFETIME_MS, hashCode, newCode, pairingMessage } from "./codes.js";
import { toRequest } from "./pairing.js";
import { CodeRate } from "./rate.js";
import type { PairingAccount, PairingRequest } from "./records.js";
import type { Registry } from "./registry.js";
import { keyOf, type OpenRequest, type RequestTable, toStored } from "./table.js";

/** After a fault of the store or this program. */
const FAULT_RETRY_MS = 60_000;

export interface DeskOptions {
  readonly registry: Registry;
  readonly store: Store;
  readonly durably: Durably;
  readonly outbox: Outbox;
  readonly clock: Clock;
  /** Aborted when the runtime stops. */
  readonly signal: AbortSignal;
  readonly approveCommand: ApproveCommand | undefined;
  readonly onPairingRequest: (request: PairingRequest, code: string) => void;
}

interface Desk {
  readonly rate: CodeRate;
  isServing: boolean;
  cancelWait: () => void;
}

/**
 * Sends codes to those who asked, at a limited rate and whoever wrote last first: after a flood, the next to come waits for
 * seconds. What it does not get to before the runtime stops, it does after the next start.
 */
export class PairingDesk {
  readonly #options: DeskOptions;
  /** By identity. */
  readonly #desks = new Map<string, Desk>();

  constructor(options: DeskOptions) {
    this.#options = options;
    options.signal.addEventListener("abort", () => {
      for (const desk of this.#desks.values()) desk.cancelWait();
    });
  }

  /** Serves who waits, now and as the rate allows. */
  serve(handle: AccountHandle): void {
    if (handle.config.dmPolicy === "pairing") void this.#serve(handle);
  }

  async #serve(handle: AccountHandle): Promise<void> {
    const { registry, signal } = this.#options;
    const { identity } = handle.owner;
    const desk = this.#desk(identity);
    if (desk.isServing) return;
    desk.isServing = true;
    desk.cancelWait();
    try {
      const owner = pairingAccount(handle);
      const table = await registry.table(owner);
      // Nothing is waited for between the last look and the end, so that nobody who comes meanwhile is overlooked.
      for (let next = table.next(); next !== undefined && !signal.aborted; next = table.next()) {
        const waitMs = desk.rate.take();
        if (waitMs > 0) return this.#serveIn(handle, desk, waitMs);
        await this.#give(handle, owner, table, next);
      }
    } catch (error) {
      if (signal.aborted) return;
      handle.log.error({ err: error }, "a pairing code could not be sent; it will be tried again");
      this.#serveIn(handle, desk, FAULT_RETRY_MS);
    } finally {
      desk.isServing = false;
    }
  }

  #desk(identity: string): Desk {
    let desk = this.#desks.get(identity);
    if (desk === undefined) {
      desk = { rate: new CodeRate(this.#options.clock), isServing: false, cancelWait: () => {} };
      this.#desks.set(identity, desk);
    }
    return desk;
  }

  #serveIn(handle: AccountHandle, desk: Desk, ms: number): void {
    if (!this.#options.signal.aborted)
      desk.cancelWait = this.#options.clock.after(ms, () => this.serve(handle));
  }

  /** The code's hash and the message that tells it stand or fall together. */
  async #give(
    handle: AccountHandle,
    owner: PairingAccount,
    table: RequestTable,
    request: OpenRequest,
  ): Promise<void> {
    const { store, onPairingRequest } = this.#options;
    const [asked] = await store.events([request.event]);
    if (asked === undefined) {
      // Nothing is left that could be answered.
      await this.#drop(owner, table, request);
      return;
    }
    const code = newCode();
    const isGiven = await handle.places.share(() =>
      table.alone(() => this.#commit(handle, owner, table, request, asked, code)),
    );
    if (isGiven) onPairingRequest(toRequest(owner, request), code);
  }

  /** The sender may ask again. */
  async #drop(owner: PairingAccount, table: RequestTable, request: OpenRequest): Promise<void> {
    table.remove(request);
    await this.#options.registry.write(owner, [{ key: keyOf(request), value: undefined }]);
  }

  async #commit(
    handle: AccountHandle,
    owner: PairingAccount,
    table: RequestTable,
    request: OpenRequest,
    { seq: turn, event, decision }: StoredEvent,
    code: string,
  ): Promise<boolean> {
    const { registry, store, durably, outbox, clock, approveCommand } = this.#options;
    // Approved, denied or evicted meanwhile.
    if (!table.has(request) || request.code !== null) return false;
    const at = clock.now();
    const expiresAt = at + CODE_LIFETIME_MS;
    const { message: _, ...to } = handle.currentAddress<Address>(event.address);
    const text = pairingMessage(code, event.sender.id, approveCommand?.(owner.connector, code));
    const lane = outboxLane(to);
    const operation = {
      key: newKey(),
      operation: { kind: "send", to, text, format: "plain" } as const,
      lane,
      turn,
      createdAt: at,
      // A code that is over helps nobody.
      expiresAt,
    };
    const logged = (await registry.log(owner)).add({
      action: "requested",
      sender: request.sender,
      by: "sender",
    });
    const changed = { code: hashCode(code), expiresAt };
    const row = { key: keyOf(request), value: toStored(request, changed), ifVersion: request.version };
    const policyRevision = handle.policyRevision;
    let seq: number | undefined;
    try {
      [seq] = await durably.do(() =>
        store.finish(handle.owner.lease, {
          events: [],
          attempt: 0,
          decision,
          operations: [operation],
          state: [{ ...row, expiresAt }, ...logged.changes],
          at,
        }),
      );
    } catch (error) {
      if (!(error instanceof StoreError) || error.problem !== "stale") throw error;
      // What the store has of the request is not what is known here; or the lease is lost, and this fails as well.
      await this.#drop(owner, table, request);
      return false;
    }
    logged.written();
    Object.assign(request, changed, { version: request.version + 1 });
    if (seq !== undefined) outbox.push(handle, { seq, lane, dueAt: 0, policyRevision });
    return true;
  }
}

/** The account as pairing sees it. */
export function pairingAccount(handle: AccountHandle): PairingAccount {
  const { connector, id, owner, places } = handle;
  return { connector: connector.manifest.id, account: id, lease: owner.lease, places };
}
