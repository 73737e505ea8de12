import { untilAborted } from "../abort.js";
import { backoffDelay } from "../backoff.js";
import type { AccountHandle } from "../connection/handle.js";
import type { Clock } from "../contract/connection.js";
import type { InboundEvent } from "../contract/event.js";
import type { Durably } from "../durable.js";
import type { Store, StoredEvent } from "../store/port.js";

/** No look-up takes longer. */
const LIMIT_MS = 30_000;
const RETRY = { minMs: 1_000, maxMs: 60_000 };

export interface HydrationOptions {
  readonly store: Store;
  readonly durably: Durably;
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
  /** A look-up that fails longer than this, in ms, is given up. */
  readonly retryMaxMs: number;
}

export type Hydrated =
  | { readonly event: InboundEvent }
  /** The platform has nothing to it any more. */
  | { readonly nothing: true }
  | { readonly retryAt: number }
  | { readonly gaveUp: string };

/** Completes events that their connector marked with `needsHydration`, and stores what was found. */
export class Hydration {
  readonly #options: HydrationOptions;
  /** Events whose look-up failed, by number; at most one per lane. */
  readonly #failing = new Map<number, { readonly since: number; readonly failures: number }>();

  constructor(options: HydrationOptions) {
    this.#options = options;
  }

  async complete(handle: AccountHandle, stored: StoredEvent): Promise<Hydrated> {
    const { event, seq } = stored;
    const { store, durably, signal } = this.#options;
    const { connection } = handle;
    if (event.needsHydration !== true) return { event };
    // An outage is not the look-up's failure.
    if (connection === undefined) return { retryAt: this.#options.clock.now() + RETRY.minMs };
    if (connection.hydrate === undefined) return { event };
    let found: InboundEvent | undefined;
    const limit = new AbortController();
    const cancelLimit = this.#options.clock.after(LIMIT_MS, () => limit.abort());
    try {
      const until = AbortSignal.any([signal, limit.signal]);
      found = await untilAborted(connection.hydrate(event, until), until);
    } catch (error) {
      return this.#failed(handle, seq, error);
    } finally {
      cancelLimit();
    }
    this.#failing.delete(seq);
    if (found === undefined) return { nothing: true };
    const { raw: _, needsHydration: __, ...complete } = found;
    await durably.do(() => store.rewrite(handle.owner.lease, { seq, event: complete }));
    return { event: complete };
  }

  /** It never goes on to policy as it came: an event without its sender or text could pass for another. */
  #failed(handle: AccountHandle, seq: number, error: unknown): Hydrated {
    const { clock, random, retryMaxMs } = this.#options;
    const now = clock.now();
    const { since = now, failures = 0 } = this.#failing.get(seq) ?? {};
    const retryAt = now + backoffDelay(failures + 1, random, RETRY);
    handle.log.warn({ err: error, event: seq, failures: failures + 1 }, "a look-up failed");
    if (retryAt - since <= retryMaxMs) {
      this.#failing.set(seq, { since, failures: failures + 1 });
      return { retryAt };
    }
    this.#failing.delete(seq);
    return { gaveUp: error instanceof Error ? error.message : String(error) };
  }
}
