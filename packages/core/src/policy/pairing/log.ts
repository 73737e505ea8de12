import type { Clock, StateChange } from "../../contract/connection.js";
import type { Store } from "../../store/port.js";
import { LOG, type PairingLogEntry, type StoredLogEntry, storedLogEntry } from "./records.js";

/** Lines kept per identity, … */
const MAX_LINES = 1_000;
/** … and how many of them what strangers cause may take, so that a flood washes no decision away. */
const MAX_OF_STRANGERS = 500;
const PAGE = 500;

/** Digits of a Unix time in ms, so that keys sort by time. */
const TIME_DIGITS = 15;
const COUNT_DIGITS = 6;

export type NewLine = Omit<StoredLogEntry, "at"> & { readonly at?: number };

/** A line on its way into the store: its change goes into some commit, `written` is called after that. */
export interface LogChange {
  readonly changes: readonly StateChange[];
  written(): void;
}

/** What happened to the pairing of one identity. */
export class PairingLog {
  readonly #clock: Clock;
  /** Keys of the lines in the store, oldest first. */
  readonly #ofStrangers: string[] = [];
  readonly #ofOperators: string[] = [];
  #count = 0;

  private constructor(clock: Clock) {
    this.#clock = clock;
  }

  static async load(store: Store, clock: Clock, identity: string): Promise<PairingLog> {
    const log = new PairingLog(clock);
    for (const { key, entry } of await lines(store, clock, identity)) {
      log.#keysOf(entry).push(key);
      log.#count = Math.max(log.#count, Number(key.slice(-COUNT_DIGITS)));
    }
    return log;
  }

  /** @param line with the time where that is not now */
  add(line: NewLine): LogChange {
    const entry = { at: this.#clock.now(), ...line };
    const keys = this.#keysOf(entry);
    const limit = keys === this.#ofStrangers ? MAX_OF_STRANGERS : MAX_LINES - MAX_OF_STRANGERS;
    const key = this.#newKey(entry.at);
    const trimmed = keys.slice(0, Math.max(0, keys.length + 1 - limit));
    return {
      changes: [{ key, value: entry }, ...trimmed.map((old) => ({ key: old, value: undefined }))],
      written: () => {
        keys.push(key);
        for (const old of trimmed) if (keys.includes(old)) keys.splice(keys.indexOf(old), 1);
      },
    };
  }

  #keysOf({ action }: StoredLogEntry): string[] {
    return action === "requested" || action === "expired" ? this.#ofStrangers : this.#ofOperators;
  }

  /** A colon is in no URI-encoded id: a key of the log is never taken for a sender's when an id is renamed. */
  #newKey(at: number): string {
    this.#count = (this.#count + 1) % 10 ** COUNT_DIGITS;
    const time = String(Math.max(0, at)).padStart(TIME_DIGITS, "0");
    return `${LOG}${time}:${String(this.#count).padStart(COUNT_DIGITS, "0")}`;
  }
}

/** The lines of one identity, newest first. */
export async function readLog(
  store: Store,
  clock: Clock,
  owner: { readonly connector: string; readonly account: string; readonly identity: string },
): Promise<readonly PairingLogEntry[]> {
  const { connector, account, identity } = owner;
  const found = await lines(store, clock, identity);
  return found.map(({ entry }) => ({ ...entry, connector, account })).reverse();
}

async function lines(
  store: Store,
  clock: Clock,
  identity: string,
): Promise<readonly { readonly key: string; readonly entry: StoredLogEntry }[]> {
  const found: { readonly key: string; readonly entry: StoredLogEntry }[] = [];
  for (let after: string | undefined; ; ) {
    const options = { limit: PAGE, at: clock.now(), ...(after === undefined ? {} : { after }) };
    const page = await store.stateList(identity, LOG, options);
    for (const { key, value } of page) {
      const entry = storedLogEntry.safeParse(value);
      if (entry.success) found.push({ key, entry: entry.data });
    }
    after = page.at(-1)?.key;
    if (after === undefined || page.length < PAGE) return found;
  }
}
