import type { StateChange } from "../../contract/connection.js";
import type { Fate } from "../../contract/fate.js";
import { segment } from "../../session/key.js";
import type { DeadLetter, Lease } from "../port.js";
import { type Database, integer, optionalText, text, wholeMs } from "./database.js";
import { toFate } from "./events.js";
import { applyStateChanges } from "./state.js";

export function deadLetters(db: Database, limit: number): Promise<readonly DeadLetter[]> {
  return db.read(() =>
    db
      .all(
        `SELECT 'event:' || e.seq AS id, i.name AS identity, e.session AS session, e.reason AS reason, e.finished_at AS at
           FROM events e JOIN identities i ON i.id = e.identity WHERE e.fate = 'dead'
         UNION ALL
         SELECT 'operation:' || o.seq, i.name, o.session, o.reason, o.finished_at
           FROM operations o JOIN identities i ON i.id = o.identity WHERE o.state = 'failed'
         ORDER BY at LIMIT ?`,
        limit,
      )
      .map((row) => ({
        id: text(row["id"]),
        identity: text(row["identity"]),
        session: optionalText(row["session"]),
        reason: text(row["reason"]),
        at: integer(row["at"]),
      })),
  );
}

export function settleDeadLetter(
  db: Database,
  lease: Lease,
  request: {
    readonly id: string;
    readonly verdict: "retry" | "drop";
    readonly at: number;
    readonly expiresAt: number;
  },
): Promise<boolean> {
  const [type, number] = request.id.split(":");
  const seq = Number(number);
  const at = wholeMs(request.at);
  return db.writeAs(lease, (identity) => {
    if (type === "event") {
      const to = request.verdict === "retry" ? "accepted" : "dropped";
      return (
        db.run(
          `UPDATE events SET fate = ?, rule = 'operator', reason = ?, due_at = 0, started_at = NULL, finished_at = CASE WHEN ? THEN NULL ELSE finished_at END, received_at = CASE WHEN ? THEN ? ELSE received_at END
           WHERE seq = ? AND identity = ? AND fate = 'dead'`,
          to,
          request.verdict === "retry" ? "Tried again by the operator." : "Dropped by the operator.",
          to === "accepted" ? 1 : 0,
          to === "accepted" ? 1 : 0,
          at,
          seq,
          identity,
        ).changes > 0
      );
    }
    if (type !== "operation") return false;
    if (request.verdict === "drop") {
      return (
        db.run(
          "UPDATE operations SET state = 'dropped', finished_at = ? WHERE seq = ? AND identity = ? AND state = 'failed'",
          at,
          seq,
          identity,
        ).changes > 0
      );
    }
    const reopened = db.run(
      "UPDATE operations SET state = 'open', reason = NULL, due_at = 0, finished_at = NULL, expires_at = ? WHERE seq = ? AND identity = ? AND state = 'failed'",
      wholeMs(request.expiresAt),
      seq,
      identity,
    );
    if (reopened.changes === 0) return false;
    db.run(
      `UPDATE parts SET state = 'queued', attempts = 0, receipt = NULL, uncertain = uncertain + (state IN ('attempting', 'unknown')),
         accepted = uncertain + (state IN ('attempting', 'unknown'))
       WHERE operation = ? AND state <> 'sent'`,
      seq,
    );
    return true;
  });
}

/** Ids stand in sessions, lanes and state keys as whole, URI-encoded segments. */
export function alias(
  db: Database,
  lease: Lease,
  old: string,
  now: string,
  state: readonly StateChange[],
): Promise<void> {
  if (old === now) return Promise.resolve();
  const [from, to] = [segment(old), segment(now)];
  return db.writeAs(lease, (identity) => {
    applyStateChanges(db, identity, state, 0);
    for (const [table, column] of PLACES) {
      db.run(
        `UPDATE ${table} SET ${column} = rename_place(${column}, ?1, ?2) WHERE identity = ?3 AND instr(${column}, ?1) > 0`,
        from,
        to,
        identity,
      );
    }
    db.run("UPDATE parts SET chat = ?2 WHERE identity = ?3 AND chat = ?1", old, now, identity);
    // What already stands under the new id is newer and stays.
    db.run(
      `UPDATE OR IGNORE state SET key = substr(key, 1, length(key) - length(?1)) || ?2 WHERE identity = ?3 AND ${ENDS_IN_ID}`,
      from,
      to,
      identity,
    );
    db.run(`DELETE FROM state WHERE identity = ?2 AND ${ENDS_IN_ID}`, from, identity);
    db.run("UPDATE OR IGNORE chats SET chat = ? WHERE identity = ? AND chat = ?", now, identity, old);
    db.run("DELETE FROM chats WHERE identity = ? AND chat = ?", identity, old);
  });
}

const PLACES = [
  ["events", "session"],
  ["events", "lane"],
  ["operations", "session"],
  ["operations", "lane"],
] as const;
const ENDS_IN_ID = "key >= 'pairing/' AND key < 'pairing0' AND substr(key, -length('/' || ?1)) = '/' || ?1";

export function identities(db: Database): Promise<readonly string[]> {
  return db.read(() => db.all("SELECT name FROM identities ORDER BY id").map((row) => text(row["name"])));
}

export function counts(db: Database, identity: string): Promise<Readonly<Partial<Record<Fate, number>>>> {
  return db.read(() => {
    const result: Partial<Record<Fate, number>> = {};
    for (const row of db.all(
      "SELECT fate, count(*) AS count FROM events WHERE identity = ? GROUP BY fate",
      db.identity(identity),
    )) {
      result[toFate(text(row["fate"]))] = integer(row["count"]);
    }
    return result;
  });
}

const FINISHED_OPERATIONS =
  "SELECT seq FROM operations WHERE state IN ('done', 'expired', 'dropped') AND finished_at < ? ORDER BY seq LIMIT ?";
/** An event stays as long as an operation of its turn, and the beginning of a session as long as anything that it keeps out. */
const FINISHED_EVENTS = `SELECT seq FROM events e WHERE fate NOT IN ('accepted', 'admitted', 'dead') AND finished_at < ?
  AND NOT EXISTS (SELECT 1 FROM operations o WHERE o.turn = e.seq)
  AND NOT (rule = 'command.new' AND EXISTS (SELECT 1 FROM events o WHERE o.session = e.session AND o.seq < e.seq))
  ORDER BY seq LIMIT ?`;

export function prune(
  db: Database,
  options: { readonly at: number; readonly finishedBefore: number; readonly limit: number },
): Promise<number> {
  return db.write(() => {
    let removed = 0;
    for (const row of db.all(FINISHED_OPERATIONS, options.finishedBefore, options.limit)) {
      const seq = integer(row["seq"]);
      db.run("DELETE FROM parts WHERE operation = ?", seq);
      removed += db.run("DELETE FROM operations WHERE seq = ?", seq).changes;
    }
    removed += db.run(
      `DELETE FROM events WHERE seq IN (${FINISHED_EVENTS})`,
      options.finishedBefore,
      options.limit - removed,
    ).changes;
    if (removed > 0) db.keepLastNumbers();
    for (const table of ["event_keys", "state"]) {
      if (removed >= options.limit) break;
      removed += db.run(
        `DELETE FROM ${table} WHERE (identity, key) IN (SELECT identity, key FROM ${table} WHERE expires_at <= ? LIMIT ?)`,
        options.at,
        options.limit - removed,
      ).changes;
    }
    return removed;
  });
}
