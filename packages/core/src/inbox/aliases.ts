import type { AccountHandle } from "../connection/handle.js";
import type { Durably } from "../durable.js";
import type { Store } from "../store/port.js";

/** Two ids turned out to be one: everything that is kept under the old one goes on under the new one. */
export class Aliases {
  readonly #store: Store;
  readonly #durably: Durably;
  readonly #moveWork: (handle: AccountHandle, from: string, to: string) => void;
  readonly #tell: (handle: AccountHandle, from: string, to: string) => Promise<void>;

  constructor(options: {
    readonly store: Store;
    readonly durably: Durably;
    /** Moves what waits in memory. */
    readonly moveWork: (handle: AccountHandle, from: string, to: string) => void;
    readonly tell: (handle: AccountHandle, from: string, to: string) => Promise<void>;
  }) {
    this.#store = options.store;
    this.#durably = options.durably;
    this.#moveWork = options.moveWork;
    this.#tell = options.tell;
  }

  async record(handle: AccountHandle, old: string, told: string): Promise<void> {
    let now = told;
    let isNew = false;
    await handle.places.rename(async () => {
      if (handle.knowsAlias(old, told)) return;
      now = handle.newestName(old, told);
      const changes = handle.aliasChanges(old, now);
      const state = [...changes].map(([former, value]) => ({ key: `alias/${former}`, value }));
      await this.#durably.do(() => this.#store.alias(handle.owner.lease, old, now, state));
      handle.applyAliases(changes);
      this.#moveWork(handle, old, now);
      isNew = true;
    });
    if (!isNew) return;
    handle.log.info({ old, now }, "an id goes by another name now");
    await this.#tell(handle, old, now);
  }
}
