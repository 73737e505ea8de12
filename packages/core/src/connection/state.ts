import type { Clock, StateStore } from "../contract/connection.js";
import type { Durably } from "../durable.js";
import type { Lease, Store } from "../store/port.js";

/** Keys of connectors stand apart from core's own. */
const PREFIX = "connection/";

/** A connector's durable values, fenced by the lease. */
export function connectionState(store: Store, durably: Durably, lease: Lease, clock: Clock): StateStore {
  const strip = (key: string) => key.slice(PREFIX.length);
  return {
    async get(key) {
      const entry = await store.stateGet(lease.identity, PREFIX + key, clock.now());
      return entry === undefined ? undefined : { ...entry, key: strip(entry.key) };
    },
    async list(prefix, { limit, after }) {
      const entries = await store.stateList(lease.identity, PREFIX + prefix, {
        limit,
        at: clock.now(),
        ...(after === undefined ? {} : { after: PREFIX + after }),
      });
      return entries.map((entry) => ({ ...entry, key: strip(entry.key) }));
    },
    batch: (changes) =>
      durably.do(() =>
        store.stateBatch(
          lease,
          changes.map((change) => ({ ...change, key: PREFIX + change.key })),
          clock.now(),
        ),
      ),
  };
}
