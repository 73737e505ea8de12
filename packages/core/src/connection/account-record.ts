import type { Clock } from "../contract/connection.js";
import type { Lease, Store } from "../store/port.js";

/** An account has a place of its own in the store, since it exists before anybody knows its identity. */
const PREFIX = "account:";
const IDENTITY_KEY = "identity";

export function accountResource(connector: string, account: string): string {
  return `${PREFIX}${connector}/${account}`;
}

/** @param lease of the account's resource */
export async function noteIdentity(
  store: Store,
  lease: Lease,
  identity: string,
  clock: Clock,
): Promise<void> {
  const at = clock.now();
  const known = await store.stateGet(lease.identity, IDENTITY_KEY, at);
  if (known?.value !== identity) await store.stateBatch(lease, [{ key: IDENTITY_KEY, value: identity }], at);
}

export interface KnownAccount {
  readonly connector: string;
  readonly account: string;
  readonly identity: string;
}

/** Every account that was ever connected on this store. */
export async function knownAccounts(store: Store, clock: Clock): Promise<readonly KnownAccount[]> {
  const known: KnownAccount[] = [];
  for (const resource of await store.identities()) {
    if (!resource.startsWith(PREFIX)) continue;
    const [connector = "", ...account] = resource.slice(PREFIX.length).split("/");
    const entry = await store.stateGet(resource, IDENTITY_KEY, clock.now());
    if (typeof entry?.value === "string")
      known.push({ connector, account: account.join("/"), identity: entry.value });
  }
  return known;
}
