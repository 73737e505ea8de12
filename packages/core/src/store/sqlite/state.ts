import type { StateChange, StateEntry } from "../../contract/connection.js";
import type { Json } from "../../contract/json.js";
import type { ChatRecord, Lease } from "../port.js";
import { type Database, integer, type Row, text, wholeMs } from "./database.js";

export function stateGet(
  db: Database,
  identity: string,
  key: string,
  at: number,
): Promise<StateEntry | undefined> {
  return db.read(() => {
    const row = findState(db, db.identity(identity), key, at);
    return row === undefined ? undefined : toEntry(row);
  });
}

export function stateList(
  db: Database,
  identity: string,
  prefix: string,
  options: { readonly limit: number; readonly after?: string; readonly at: number },
): Promise<readonly StateEntry[]> {
  return db.read(() =>
    db
      .all(
        `SELECT key, value, version FROM state
         WHERE identity = ? AND key >= ? AND key > ? AND substr(key, 1, ?) = ? AND (expires_at IS NULL OR expires_at > ?) ORDER BY key LIMIT ?`,
        db.identity(identity),
        prefix,
        options.after ?? "",
        [...prefix].length,
        prefix,
        options.at,
        options.limit,
      )
      .map(toEntry),
  );
}

export function stateBatch(
  db: Database,
  lease: Lease,
  changes: readonly StateChange[],
  at: number,
): Promise<boolean> {
  return db.writeAs(lease, (identity) => applyStateChanges(db, identity, changes, at));
}

/** Part of a write. Checks every version before it changes anything. */
export function applyStateChanges(
  db: Database,
  identity: number,
  changes: readonly StateChange[],
  at: number,
): boolean {
  for (const change of changes) {
    if (change.ifVersion === undefined) continue;
    const version = integer(findState(db, identity, change.key, at)?.["version"]);
    if (version !== change.ifVersion) return false;
  }
  for (const change of changes) {
    if (change.value === undefined)
      db.run("DELETE FROM state WHERE identity = ? AND key = ?", identity, change.key);
    else putState(db, identity, change.key, change.value, at, change.expiresAt);
  }
  return true;
}

/** Part of a write. A value that had expired starts again at version 1. */
export function putState(
  db: Database,
  identity: number,
  key: string,
  value: Json,
  at = 0,
  expiresAt?: number,
): void {
  db.run(
    `INSERT INTO state (identity, key, value, version, expires_at) VALUES (?, ?, ?, 1, ?)
     ON CONFLICT DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at,
       version = CASE WHEN state.expires_at <= ? THEN 1 ELSE state.version + 1 END`,
    identity,
    key,
    JSON.stringify(value),
    expiresAt === undefined ? null : wholeMs(expiresAt),
    at,
  );
}

function findState(db: Database, identity: number, key: string, at: number): Row | undefined {
  return db.get(
    "SELECT key, value, version FROM state WHERE identity = ? AND key = ? AND (expires_at IS NULL OR expires_at > ?)",
    identity,
    key,
    at,
  );
}

function toEntry(row: Row): StateEntry {
  return { key: text(row["key"]), value: JSON.parse(text(row["value"])), version: integer(row["version"]) };
}

export function putChat(db: Database, lease: Lease, record: ChatRecord, at: number): Promise<void> {
  return db.writeAs(lease, (identity) => {
    db.run(
      "INSERT OR REPLACE INTO chats (identity, chat, thread, info, updated_at) VALUES (?, ?, ?, ?, ?)",
      identity,
      record.chat,
      record.thread ?? "",
      JSON.stringify(record.info),
      wholeMs(at),
    );
  });
}

export function chat(
  db: Database,
  identity: string,
  chatId: string,
  thread?: string,
): Promise<ChatRecord | undefined> {
  return db.read(() => {
    const row = db.get(
      "SELECT info FROM chats WHERE identity = ? AND chat = ? AND thread = ?",
      db.identity(identity),
      chatId,
      thread ?? "",
    );
    if (row === undefined) return undefined;
    return { chat: chatId, ...(thread === undefined ? {} : { thread }), info: JSON.parse(text(row["info"])) };
  });
}
