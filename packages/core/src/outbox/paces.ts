import type { AccountHandle } from "../connection/handle.js";
import type { Clock } from "../contract/connection.js";
import type { RateLimited } from "../contract/errors.js";
import type { Store } from "../store/port.js";
import { PaceKeeper, type Paces } from "./pace.js";

/** Waits at least this long, in ms, are kept over a restart: calling too early makes some platforms prolong them. */
const KEPT_WAIT_MS = 2_000;
const PREFIX = "pace/";
const MAX_KEPT = 1_000;

/** The pace of every identity, and what of it survives a restart. */
export class PaceBook {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #keepers = new Map<string, PaceKeeper>();

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** What the platform said before a restart to wait for still holds. */
  async restore(handle: AccountHandle): Promise<void> {
    const { identity } = handle.owner;
    const options = { limit: MAX_KEPT, at: this.#clock.now() };
    for (const { key, value } of await this.#store.stateList(identity, PREFIX, options)) {
      if (typeof value === "number")
        this.#keeper(handle).close({ scope: key.slice(PREFIX.length), until: value });
    }
  }

  /** 0 when the call may be made now, and then it counts as made; else the Unix time in ms at which to ask again. */
  reserve(handle: AccountHandle, chat: string, call: string, pace: Paces | undefined): number {
    return this.#keeper(handle).reserve(chat, call, pace);
  }

  /** Unix time in ms until which the platform wants no such call; not later than now when it does. */
  closedUntil(handle: AccountHandle, chat: string, call: string): number {
    return this.#keeper(handle).closedUntil(chat, call);
  }

  /** The platform said to wait. */
  async limited(handle: AccountHandle, error: RateLimited, chat: string, call: string): Promise<void> {
    const { scope, until } = this.#keeper(handle).limited(error, chat, call);
    if (error.retryAfterMs < KEPT_WAIT_MS) return;
    try {
      const change = { key: PREFIX + scope, value: until, expiresAt: until };
      await this.#store.stateBatch(handle.owner.lease, [change], this.#clock.now());
    } catch (failure) {
      handle.log.warn({ err: failure, scope }, "a wait could not be kept for the next start");
    }
  }

  #keeper(handle: AccountHandle): PaceKeeper {
    const { identity } = handle.owner;
    let keeper = this.#keepers.get(identity);
    if (keeper === undefined) {
      keeper = new PaceKeeper(this.#clock);
      this.#keepers.set(identity, keeper);
    }
    return keeper;
  }
}
