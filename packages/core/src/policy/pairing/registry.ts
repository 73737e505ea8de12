import type { Clock, StateChange } from "../../contract/connection.js";
import type { Store } from "../../store/port.js";
import { type NewLine, PairingLog } from "./log.js";
import { type PairingAccount, REQUESTS, senderOf, storedRequest } from "./records.js";
import { MAX_REQUESTS, type OpenRequest, RequestTable } from "./table.js";

/**
 * The open requests and logs of one store, kept in memory as well and read once per identity, so that a flood of strangers costs
 * each of them one commit and no search. Only one instance may work on a store.
 */
export class Registry {
  readonly store: Store;
  readonly clock: Clock;
  /** Repeats changes for which the store has no room right now. */
  readonly durably: <T>(change: () => Promise<T>) => Promise<T>;
  readonly #loading = new Map<string, Promise<RequestTable>>();
  readonly #tables = new Map<string, RequestTable>();
  readonly #logs = new Map<string, Promise<PairingLog>>();

  constructor(store: Store, clock: Clock, durably: <T>(change: () => Promise<T>) => Promise<T>) {
    this.store = store;
    this.clock = clock;
    this.durably = durably;
  }

  /** The identity's open requests; what is over is taken out first. Not to be called while places are held. */
  async table(owner: PairingAccount): Promise<RequestTable> {
    const { identity } = owner.lease;
    const table =
      this.#tables.get(identity) ??
      (await remembered(this.#loading, identity, () => held(owner, () => this.#load(identity))));
    for (const { sender, expiresAt } of table.expire(this.clock.now()))
      await this.change(owner, { at: expiresAt, action: "expired", sender, by: "clock" }, []);
    return table;
  }

  log({ lease: { identity } }: PairingAccount): Promise<PairingLog> {
    return remembered(this.#logs, identity, () => PairingLog.load(this.store, this.clock, identity));
  }

  /** Changes and their line in the log, in one commit. False when a version did not hold. */
  async change(owner: PairingAccount, line: NewLine, changes: readonly StateChange[]): Promise<boolean> {
    const logged = (await this.log(owner)).add(line);
    if (!(await this.write(owner, [...changes, ...logged.changes]))) return false;
    logged.written();
    return true;
  }

  write({ lease }: PairingAccount, changes: readonly StateChange[]): Promise<boolean> {
    return this.durably(() => this.store.stateBatch(lease, changes, this.clock.now()));
  }

  /** An id goes by another one now; the store has moved what it keeps. */
  renamed(identity: string, old: string, now: string): void {
    this.#tables.get(identity)?.rename(old, now);
  }

  async #load(identity: string): Promise<RequestTable> {
    const options = { limit: MAX_REQUESTS, at: this.clock.now() };
    const rows: { readonly key: string; readonly version: number; readonly request: StoredRow }[] = [];
    for (const { key, version, value } of await this.store.stateList(identity, REQUESTS, options)) {
      const request = storedRequest.safeParse(value);
      if (request.success) rows.push({ key, version, request: request.data });
    }
    const table = new RequestTable();
    for (const { key, version, request } of rows.sort((a, b) => a.request.event - b.request.event))
      table.add(request, senderOf(key), version);
    this.#tables.set(identity, table);
    return table;
  }
}

type StoredRow = Parameters<RequestTable["add"]>[0];

/** Work that writes keys of senders: no rename comes between. */
export function held<T>({ places }: PairingAccount, work: () => Promise<T>): Promise<T> {
  return places === undefined ? work() : places.share(work);
}

/** What takes an open request out of the store. */
export function removal({ version }: OpenRequest, key: string): StateChange {
  return { key, value: undefined, ifVersion: version };
}

/** What is read once; a failed reading is not remembered. */
function remembered<T>(known: Map<string, Promise<T>>, identity: string, load: () => Promise<T>): Promise<T> {
  const found = known.get(identity);
  if (found !== undefined) return found;
  const loading = load();
  known.set(identity, loading);
  loading.catch(() => known.delete(identity));
  return loading;
}
