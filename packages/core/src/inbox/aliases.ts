import type { AccountHandle } from "../connection/handle.js";
import type { Clock } from "../contract/connection.js";
import type { Durably } from "../durable.js";
import type { Store } from "../store/port.js";

/** Two ids turned out to be one: everything that is kept under the old one goes on under the new one. */
export class Aliases {
  readonly #store: Store;
  readonly #durably: Durably;
  readonly #clock: Clock;
  readonly #onRenamed: (handle: AccountHandle, from: string, to: string) => Promise<void>;

  constructor(options: {
    readonly store: Store;
    readonly durably: Durably;
    readonly clock: Clock;
    readonly onRenamed: (handle: AccountHandle, from: string, to: string) => Promise<void>;
  }) {
    this.#store = options.store;
    this.#durably = options.durably;
    this.#clock = options.clock;
    this.#onRenamed = options.onRenamed;
  }

  async record(handle: AccountHandle, old: string, now: string): Promise<void> {
    if (handle.current(old) === now) return;
    const { lease } = handle.owner;
    await this.#durably.do(() => this.#store.alias(lease, old, now));
    const changes = [{ key: `alias/${old}`, value: now }];
    await this.#durably.do(() => this.#store.stateBatch(lease, changes, this.#clock.now()));
    handle.alias(old, now);
    handle.log.info({ old, now }, "an id goes by another name now");
    await this.#onRenamed(handle, old, now);
  }
}
