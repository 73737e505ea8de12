import type { WaitOptions, Watch } from "./watch.js";

export interface JournalOptions<T> {
  watch: Watch;
  /** One line about an entry, for the errors of waits. */
  describe: (entry: T) => string;
  /** How many entries are kept; older ones are dropped and counted. */
  limit: number;
}

/** What happened, oldest first, bounded. Entries may be completed later by whoever added them (see `changed`). */
export class Journal<T extends object> {
  readonly #options: JournalOptions<T>;
  #entries: T[] = [];
  #dropped = 0;

  constructor(options: JournalOptions<T>) {
    this.#options = options;
  }

  /** How many old entries were dropped to keep the bound. */
  get dropped(): number {
    return this.#dropped;
  }

  add(entry: T): void {
    this.#entries.push(entry);
    if (this.#entries.length > this.#options.limit) {
      this.#entries.shift();
      this.#dropped += 1;
    }
    this.#options.watch.poke();
  }

  /** An entry was completed: waits look at it again. */
  changed(): void {
    this.#options.watch.poke();
  }

  /** The entries that are kept, oldest first. */
  all(predicate: (entry: T) => boolean = () => true): T[] {
    return this.#entries.filter(predicate);
  }

  /** The first entry, past or future, that fits. Rejects after the time-out with the last lines of the journal. */
  waitFor(predicate: (entry: T) => boolean, options: WaitOptions = {}): Promise<T> {
    return this.#wait(() => this.#entries.find(predicate), options);
  }

  /** The next entry that fits; what was in the journal before this call does not count. */
  next(predicate: (entry: T) => boolean = () => true, options: WaitOptions = {}): Promise<T> {
    const before = new WeakSet(this.#entries);
    return this.#wait(() => this.#entries.find((entry) => !before.has(entry) && predicate(entry)), options);
  }

  /** The last entries as text, one per line. */
  tail(count = 8, predicate: (entry: T) => boolean = () => true): string {
    const last = this.all(predicate).slice(-count);
    return last.length === 0
      ? "  (nothing)"
      : last.map((entry) => `  ${this.#options.describe(entry)}`).join("\n");
  }

  #wait(probe: () => T | undefined, options: WaitOptions): Promise<T> {
    const explain = (timeoutMs: number) =>
      `No such entry came into the journal within ${timeoutMs} ms. Its last lines:\n${this.tail()}`;
    return this.#options.watch.until(probe, explain, options);
  }
}
