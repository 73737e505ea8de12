import type { Clock, StateStore } from "../contract/connection.js";
import { ConfigError, Transient } from "../contract/errors.js";
import type { Durably } from "../durable.js";
import type { Lease, Store } from "../store/port.js";
import { accountResource, noteIdentity } from "./account-record.js";
import type { AccountHandle } from "./handle.js";
import { connectionState } from "./state.js";

const MAX_ALIASES = 10_000;

export interface OwnershipOptions {
  readonly handle: AccountHandle;
  readonly store: Store;
  readonly durably: Durably;
  readonly clock: Clock;
  /** Names this runtime in leases. */
  readonly owner: string;
}

/** What an account holds in the store: the lease of itself, and of the identity that its credentials turned out to be. */
export class Ownership {
  readonly #options: OwnershipOptions;
  readonly #leases: Lease[] = [];

  constructor(options: OwnershipOptions) {
    this.#options = options;
  }

  /** Values of the account, which exist before its identity is known. */
  async accountState(): Promise<StateStore> {
    const { store, durably, clock } = this.#options;
    return connectionState(store, durably, await this.#accountLease(), clock);
  }

  /**
   * Takes the identity and gives it to the handle.
   *
   * @param name of the bot or user, for people
   * @throws ConfigError when another account of this store already runs it
   */
  async bind(identity: string, name: string): Promise<void> {
    const { handle, store, durably, clock } = this.#options;
    const lease = await this.#take(identity);
    if (lease === undefined) {
      const [credential] = handle.connector.manifest.credentials;
      const message = `belongs to ${name}, which another account already runs; give each account credentials of its own, or remove one`;
      throw new ConfigError([{ path: handle.locate(credential.keys[0] ?? ""), message }]);
    }
    const accountLease = await this.#accountLease();
    await durably.do(() => noteIdentity(store, accountLease, identity, clock));
    const aliases = await store.stateList(identity, "alias/", { limit: MAX_ALIASES, at: clock.now() });
    handle.bind(
      { identity, lease },
      aliases.map(({ key, value }) => [key.slice("alias/".length), String(value)] as const),
    );
  }

  /** Never rejects. */
  async release(): Promise<void> {
    const { handle, store } = this.#options;
    for (const lease of this.#leases.splice(0)) {
      try {
        await store.release(lease);
      } catch (error) {
        // The store gives all leases back when it shuts down.
        handle.log.warn({ err: error, lease: lease.identity }, "a lease could not be given back");
      }
    }
  }

  async #accountLease(): Promise<Lease> {
    const { handle } = this.#options;
    const lease = await this.#take(accountResource(handle.connector.manifest.id, handle.id));
    if (lease === undefined) throw new Transient("this account is still open elsewhere");
    return lease;
  }

  async #take(resource: string): Promise<Lease | undefined> {
    const held = this.#leases.find((lease) => lease.identity === resource);
    if (held !== undefined) return held;
    const { store, durably, owner } = this.#options;
    const lease = await durably.do(() => store.lease(resource, owner));
    if (lease !== undefined) this.#leases.push(lease);
    return lease;
  }
}
