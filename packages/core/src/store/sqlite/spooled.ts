import type { Spooled } from "../port.js";
import { type Database, text } from "./database.js";

const SPOOLED = `
  SELECT operations.key AS operation, json_extract(file.value, '$.spool') AS file
  FROM operations, json_each(operations.body, '$.attachments') AS file`;

/** Each state by itself, so that its partial index is used. */
export function spooled(db: Database): Promise<readonly Spooled[]> {
  return db.read(() => {
    const files = new Map<string, string[]>();
    for (const state of ["open", "failed"])
      for (const row of db.all(`${SPOOLED} WHERE operations.state = '${state}'`)) {
        const operation = text(row["operation"]);
        const known = files.get(operation);
        if (known === undefined) files.set(operation, [text(row["file"])]);
        else known.push(text(row["file"]));
      }
    return [...files].map(([operation, names]) => ({ operation, files: names }));
  });
}
