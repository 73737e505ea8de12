import type { AccountHandle } from "../connection/handle.js";
import type { Clock, DeliveryReceipt } from "../contract/connection.js";
import type { Durably } from "../durable.js";
import { RecentMap } from "../recent-map.js";
import type { Store } from "../store/port.js";

/** A receipt may overtake the answer to its own send; so many that name an unknown message are kept for that. */
const MAX_EARLY = 500;

/** Results that the platform tells later than the call, or before its answer. */
export class Receipts {
  readonly #store: Store;
  readonly #durably: Durably;
  readonly #clock: Clock;
  readonly #early = new RecentMap<string, DeliveryReceipt>(MAX_EARLY);

  constructor(store: Store, durably: Durably, clock: Clock) {
    this.#store = store;
    this.#durably = durably;
    this.#clock = clock;
  }

  async record(handle: AccountHandle, told: DeliveryReceipt): Promise<void> {
    const { identity, lease } = handle.owner;
    const receipt = { ...told, chat: handle.current(told.chat) };
    const known = await this.#durably.do(() =>
      this.#store.receipt(lease, { ...receipt, at: this.#clock.now() }),
    );
    if (!known) {
      this.#early.set(place(identity, receipt.chat, receipt.message), receipt);
    } else if (receipt.status === "failed") {
      handle.log.warn(
        { chat: receipt.chat, message: receipt.message, reason: receipt.reason },
        "a message was not delivered after all",
      );
    }
  }

  /** A message is on record now; what was told of it before applies. Resolves to that, if anything was. */
  async sent(
    handle: AccountHandle,
    chat: string,
    message: string,
  ): Promise<DeliveryReceipt["status"] | undefined> {
    if (this.#early.size === 0) return undefined;
    const key = place(handle.owner.identity, chat, message);
    const receipt = this.#early.get(key);
    if (receipt === undefined) return undefined;
    this.#early.delete(key);
    await this.record(handle, receipt);
    return receipt.status;
  }
}

function place(identity: string, chat: string, message: string): string {
  return JSON.stringify([identity, chat, message]);
}
