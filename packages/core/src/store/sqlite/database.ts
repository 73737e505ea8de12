import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from "node:sqlite";
import { StoreError } from "../../contract/errors.js";
import { renamePlace } from "../../session/key.js";
import type { Lease } from "../port.js";
import { Committer } from "./committer.js";
import { toStoreError } from "./errors.js";
import { openFile, type SqliteStoreOptions } from "./open.js";

/** Tables whose rows have a number, `seq`, that is never used again. */
const NUMBERED = ["events", "operations"] as const;
type Numbered = (typeof NUMBERED)[number];

export type Row = Readonly<Record<string, SQLOutputValue>>;

/** The open file with its prepared statements, the identities it knows and the leases given out. */
export class Database {
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #committer: Committer;
  readonly #statements = new Map<string, StatementSync>();
  readonly #identities = new Map<string, number>();
  readonly #owners = new Map<string, Lease>();
  /** The last number given out. Read at once: later its row may have been removed. */
  readonly #last: Record<Numbered, number>;
  readonly #closeFile: () => void;
  #closed = false;

  constructor(options: SqliteStoreOptions) {
    const file = openFile(options);
    this.#path = options.path;
    this.#database = file.database;
    this.#closeFile = file.close;
    this.#committer = new Committer(file.database, options.path);
    this.#last = { events: this.#readLastNumber("events"), operations: this.#readLastNumber("operations") };
    file.database.function("rename_place", { deterministic: true }, (place, from, to) =>
      renamePlace(text(place), text(from), text(to)),
    );
  }

  close(): void {
    if (this.#closed) return;
    this.#committer.close();
    this.#closed = true;
    this.#statements.clear();
    this.#closeFile();
  }

  /** Joins the next commit. `change` may run more than once, and only the last run counts. */
  write<T>(change: () => T): Promise<T> {
    return this.#committer.write(change);
  }

  /** As `write`, refused when the lease is not the newest of its identity. */
  writeAs<T>(lease: Lease, change: (identity: number) => T): Promise<T> {
    return this.#committer.write(() => {
      if (this.#owners.get(lease.identity)?.epoch !== lease.epoch) {
        throw new StoreError("stale", `the lease of ${lease.identity} was given to another owner`);
      }
      return change(this.identity(lease.identity));
    });
  }

  /** Sees every write that has resolved. */
  async read<T>(query: () => T): Promise<T> {
    if (this.#closed) throw new StoreError("closed", `${this.#path} is closed`);
    try {
      return query();
    } catch (error) {
      throw error instanceof Error && "errcode" in error ? toStoreError(error, this.#path) : error;
    }
  }

  run(sql: string, ...values: SQLInputValue[]): { readonly changes: number } {
    return { changes: Number(this.#prepare(sql).run(...values).changes) };
  }

  get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#prepare(sql).get(...values);
  }

  all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#prepare(sql).all(...values);
  }

  /** The number of an identity; -1, which no row has, for one never seen. */
  identity(name: string): number {
    return (
      this.#identities.get(name) ??
      integer(this.get("SELECT id FROM identities WHERE name = ?", name)?.["id"] ?? -1)
    );
  }

  /** Part of a write. One that is undone leaves a gap. */
  nextNumber(table: Numbered): number {
    this.#last[table] += 1;
    return this.#last[table];
  }

  /** Part of a write that removes rows, perhaps the newest. */
  keepLastNumbers(): void {
    for (const table of NUMBERED)
      this.run(
        "INSERT INTO numbers (name, last) VALUES (?, ?) ON CONFLICT DO UPDATE SET last = excluded.last",
        table,
        this.#last[table],
      );
  }

  #readLastNumber(table: Numbered): number {
    const row = this.get(
      `SELECT max(coalesce((SELECT max(seq) FROM ${table}), 0), coalesce((SELECT last FROM numbers WHERE name = ?), 0)) AS last`,
      table,
    );
    return integer(row?.["last"]);
  }

  async lease(identity: string, owner: string): Promise<Lease | undefined> {
    const { id, epoch } = await this.write(() => {
      const row = this.get(
        "INSERT INTO identities (name, epoch) VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET epoch = epoch + 1 RETURNING id, epoch",
        identity,
      );
      return { id: integer(row?.["id"]), epoch: integer(row?.["epoch"]) };
    });
    // Known by number only now: a transaction that is undone may give the number to another.
    this.#identities.set(identity, id);
    if (this.#owners.has(identity)) return undefined;
    const lease = { identity, owner, epoch };
    this.#owners.set(identity, lease);
    return lease;
  }

  /** Takes part in the order of writes: what was asked for before it is still done under the lease. */
  async release(lease: Lease): Promise<void> {
    await this.write(() => undefined);
    if (this.#owners.get(lease.identity)?.epoch === lease.epoch) this.#owners.delete(lease.identity);
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

/** Times may come with a fraction; the tables hold whole milliseconds. */
export function wholeMs(at: number): number {
  return Math.round(at);
}

export function integer(value: SQLOutputValue | undefined): number {
  return Number(value ?? 0);
}

export function optionalNumber(value: SQLOutputValue | undefined): number | undefined {
  return value === null || value === undefined ? undefined : Number(value);
}

export function text(value: SQLOutputValue | undefined): string {
  return typeof value === "string" ? value : "";
}

export function optionalText(value: SQLOutputValue | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}
