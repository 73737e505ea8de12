import type { HistoryEntry } from "../../contract/agent.js";
import { hasEditOfUnseen, historyEntries, type Received, type Said } from "../history.js";
import { type Database, integer, optionalNumber, optionalText, text } from "./database.js";

/** Rows of a session that are looked through at most: edits and reactions make no line of their own. */
const MAX_ROWS = 4_096;

const BEGINS = `SELECT seq, finished_at FROM events WHERE session = ? AND rule = 'command.new' AND seq < ? ORDER BY seq DESC LIMIT 1`;
const REMEMBERED = `session = ? AND seq > ? AND seq < ? AND fate IN ('admitted', 'answered', 'silent', 'context') AND rule NOT GLOB 'command.*'`;
const RECEIVED = `SELECT seq, body, received_at FROM events WHERE ${REMEMBERED} ORDER BY seq DESC LIMIT ?`;
const OLDEST = `SELECT received_at FROM events WHERE ${REMEMBERED} ORDER BY seq LIMIT 1`;
const SAID = `SELECT body, created_at, turn, (SELECT message FROM parts WHERE operation = seq AND message IS NOT NULL ORDER BY position LIMIT 1) AS message
  FROM operations WHERE session = ? AND (turn > ? AND turn < ? OR turn IS NULL AND created_at >= ?)
    AND (state = 'open' AND turn IS NOT NULL OR EXISTS (SELECT 1 FROM parts WHERE operation = seq AND state = 'sent')) ORDER BY seq DESC LIMIT ?`;

export function history(
  db: Database,
  session: string,
  options: { readonly before: number; readonly limit: number },
): Promise<readonly HistoryEntry[]> {
  const { before, limit } = options;
  return db.read(() => {
    if (limit === 0) return [];
    const begins = findBeginning(db, session, before);
    for (let rows = limit; ; rows *= 2) {
      const received = db.all(RECEIVED, session, begins.seq, before, rows).map(
        (row): Received => ({
          seq: integer(row["seq"]),
          event: JSON.parse(text(row["body"])),
          at: integer(row["received_at"]),
        }),
      );
      const said = db.all(SAID, session, begins.seq, before, begins.at, rows).map(
        (row): Said => ({
          operation: JSON.parse(text(row["body"])),
          at: integer(row["created_at"]),
          turn: optionalNumber(row["turn"]),
          message: optionalText(row["message"]),
        }),
      );
      const entries = historyEntries(received, said, limit);
      const reachesBack = (read: readonly { readonly at: number }[]) =>
        read.length < rows || (read.at(-1)?.at ?? 0) <= (entries[0]?.at ?? 0);
      const isAll = received.length < rows && said.length < rows;
      const isEnough =
        entries.length >= limit && reachesBack(received) && reachesBack(said) && !hasEditOfUnseen(received);
      if (isAll || isEnough || rows >= MAX_ROWS) return entries;
    }
  });
}

export function sessionSince(
  db: Database,
  session: string,
  { before }: { readonly before: number },
): Promise<number | undefined> {
  return db.read(() =>
    optionalNumber(db.get(OLDEST, session, findBeginning(db, session, before).seq, before)?.["received_at"]),
  );
}

/** The event after which the session begins, and when it was done with; 0 for a session that goes back to its first event. */
function findBeginning(db: Database, session: string, before: number): { seq: number; at: number } {
  const row = db.get(BEGINS, session, before);
  return { seq: integer(row?.["seq"]), at: integer(row?.["finished_at"]) };
}
