import { closeSync, existsSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { StoreError } from "../../contract/errors.js";
import { toStoreError } from "./errors.js";
import { migrate } from "./schema.js";

export interface SqliteStoreOptions {
  /** The database file. Its folder is made with mode 0700 when it is not there. */
  readonly path: string;
  /**
   * `full` (default): a commit survives a power cut. `process`: a commit survives the death of the process, and costs no
   * wait for the disk.
   */
  readonly durability?: "full" | "process";
  /** The file is not grown beyond this many bytes; then operations fail with `StoreError("full")`. Default: no bound. */
  readonly maxBytes?: number;
}

export interface OpenFile {
  readonly database: DatabaseSync;
  /** Lets go of the file. */
  close(): void;
}

/**
 * Opens the file and takes it for this process. A second file holds the lock for as long as the process lives: the
 * operating system lets it go with the process, however that ends, so that nothing stale can be left behind.
 */
export function openFile(options: SqliteStoreOptions): OpenFile {
  const { path } = options;
  let lock: DatabaseSync | undefined;
  let database: DatabaseSync | undefined;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    lock = takeLock(path);
    createPrivate(path);
    database = new DatabaseSync(path, { timeout: 0 });
    const pageSize = Number(database.prepare("PRAGMA page_size").get()?.["page_size"] ?? 4096);
    database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = ${options.durability === "process" ? "NORMAL" : "FULL"};
      PRAGMA foreign_keys = OFF;
      PRAGMA temp_store = MEMORY;
      PRAGMA wal_autocheckpoint = 4000;
      PRAGMA cache_size = -16000;
      ${options.maxBytes === undefined ? "" : `PRAGMA max_page_count = ${Math.max(1, Math.floor(options.maxBytes / pageSize))};`}
    `);
    migrate(database);
  } catch (error) {
    database?.close();
    lock?.close();
    throw error instanceof StoreError ? error : toStoreError(error, path);
  }
  const opened = database;
  const held = lock;
  return {
    database: opened,
    close() {
      opened.close();
      held.close();
    },
  };
}

/**
 * SQLite would make the file readable for others; its side files take the mode of the file. A file that exists must not be
 * opened here: closing it again would let go of every lock that this process has on it (POSIX).
 */
function createPrivate(path: string): void {
  if (existsSync(path)) return;
  closeSync(openSync(path, "ax", 0o600));
}

function takeLock(path: string): DatabaseSync {
  createPrivate(`${path}.lock`);
  const lock = new DatabaseSync(`${path}.lock`, { timeout: 0 });
  try {
    lock.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
    return lock;
  } catch (error) {
    lock.close();
    const problem = toStoreError(error, `${path}.lock`);
    if (problem.problem !== "busy") throw problem;
    throw new StoreError("held", `${path} is in use by another process`, {
      where: path,
      mend: "Stop the other process, or use another state directory.",
      cause: error,
    });
  }
}
