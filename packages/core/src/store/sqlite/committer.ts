import type { DatabaseSync, StatementSync } from "node:sqlite";
import { StoreError } from "../../contract/errors.js";
import { toStoreError } from "./errors.js";

interface Waiting {
  readonly run: () => void;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** A locked file is tried again this often, in ms, … */
const BUSY_RETRY_MS = 10;
/** … and for this long before the waiting writes fail with `busy`. */
const BUSY_LIMIT_MS = 5_000;

/**
 * Joins all writes of one turn of the event loop into one transaction. Each write is all or nothing: when one of them
 * fails, the transaction is undone and its writes are done again, each in a savepoint of its own.
 */
export class Committer {
  readonly #database: DatabaseSync;
  readonly #path: string;
  readonly #begin: StatementSync;
  readonly #end: StatementSync;
  #waiting: Waiting[] = [];
  #scheduled = false;
  #busySince = 0;
  #closed = false;

  constructor(database: DatabaseSync, path: string) {
    this.#database = database;
    this.#path = path;
    this.#begin = database.prepare("BEGIN IMMEDIATE");
    this.#end = database.prepare("COMMIT");
  }

  /** Runs `write` inside the next transaction; resolves to its result after the commit. It may run more than once. */
  write<T>(write: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#closed) {
        reject(new StoreError("closed", `${this.#path} is closed`));
        return;
      }
      let result: { readonly value: T } | undefined;
      this.#waiting.push({
        run: () => {
          result = { value: write() };
        },
        resolve: () => {
          if (result !== undefined) resolve(result.value);
        },
        reject,
      });
      this.#schedule();
    });
  }

  /** Commits what is waiting and refuses what comes later. */
  close(): void {
    if (this.#closed) return;
    this.#commit();
    this.#closed = true;
    const error = new StoreError("closed", `${this.#path} is closed`);
    for (const each of this.#waiting.splice(0)) each.reject(error);
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#commit();
    });
  }

  #commit(): void {
    if (this.#closed || this.#waiting.length === 0) return;
    try {
      this.#begin.run();
    } catch (error) {
      this.#cannotBegin(toStoreError(error, this.#path));
      return;
    }
    this.#busySince = 0;
    const batch = this.#waiting;
    this.#waiting = [];
    try {
      for (const each of batch) each.run();
      this.#end.run();
    } catch (error) {
      this.#rollback();
      if (batch.length === 1) batch[0]?.reject(this.#toError(error));
      else this.#commitEach(batch);
      return;
    }
    for (const each of batch) each.resolve();
  }

  /** The slow way after a failure: one bad write must not take the others with it. */
  #commitEach(batch: readonly Waiting[]): void {
    const kept: Waiting[] = [];
    try {
      this.#database.exec("BEGIN IMMEDIATE");
      for (const each of batch) {
        this.#database.exec("SAVEPOINT one");
        try {
          each.run();
          this.#database.exec("RELEASE one");
          kept.push(each);
        } catch (error) {
          each.reject(this.#toError(error));
          // A full disk may already have undone the whole transaction.
          if (!this.#database.isTransaction) throw error;
          this.#database.exec("ROLLBACK TO one; RELEASE one");
        }
      }
      this.#database.exec("COMMIT");
    } catch (error) {
      this.#rollback();
      const problem = this.#toError(error);
      for (const each of batch) each.reject(problem);
      return;
    }
    for (const each of kept) each.resolve();
  }

  #cannotBegin(error: StoreError): void {
    if (error.problem === "busy") {
      const now = performance.now();
      this.#busySince ||= now;
      if (now - this.#busySince < BUSY_LIMIT_MS) {
        // Asks again instead of waiting inside SQLite, which would stop the event loop.
        this.#scheduled = true;
        setTimeout(() => {
          this.#scheduled = false;
          this.#commit();
        }, BUSY_RETRY_MS);
        return;
      }
      this.#busySince = 0;
    }
    for (const each of this.#waiting.splice(0)) each.reject(error);
  }

  #rollback(): void {
    if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
  }

  /** What did not come from SQLite is a fault of the caller or of this program and stays what it is. */
  #toError(error: unknown): unknown {
    return error instanceof Error && "errcode" in error ? toStoreError(error, this.#path) : error;
  }
}
