import type { HistoryEntry } from "../../contract/agent.js";
import { hasEditOfUnseen, historyEntries, type Received, type Said } from "../history.js";
import { type Database, integer, optionalNumber, optionalText, text } from "./database.js";

/** Rows of a session that are looked through at most: edits and reactions make no line of their own. */
const MAX_ROWS = 4_096;

const RECEIVED = `SELECT seq, body, received_at FROM events
  WHERE identity = ? AND session = ? AND seq < ? AND fate IN ('admitted', 'answered', 'silent', 'context') ORDER BY seq DESC LIMIT ?`;
const SAID = `SELECT body, created_at, turn, (SELECT message FROM parts WHERE operation = seq AND message IS NOT NULL ORDER BY position LIMIT 1) AS message
  FROM operations WHERE identity = ? AND session = ? AND (turn IS NULL OR turn < ?)
    AND EXISTS (SELECT 1 FROM parts WHERE operation = seq AND state = 'sent') ORDER BY seq DESC LIMIT ?`;

export function history(
  db: Database,
  identity: string,
  session: string,
  options: { readonly before: number; readonly limit: number },
): Promise<readonly HistoryEntry[]> {
  const { before, limit } = options;
  return db.read(() => {
    if (limit === 0) return [];
    const id = db.identity(identity);
    for (let rows = limit; ; rows *= 2) {
      const received = db.all(RECEIVED, id, session, before, rows).map(
        (row): Received => ({
          seq: integer(row["seq"]),
          event: JSON.parse(text(row["body"])),
          at: integer(row["received_at"]),
        }),
      );
      const said = db.all(SAID, id, session, before, rows).map(
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
