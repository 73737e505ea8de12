// Counts and times what a process asks of SQLite, by statement. For a run of its own: the clock costs as much as some statements.
import { DatabaseSync, StatementSync } from "node:sqlite";

/** @returns a function that ends it and gives `[statement, { times, ms }]` */
export function watchStatements() {
  const seen = new Map();
  const undo = [];
  const watch = (prototype, name, sqlOf) => {
    const original = prototype[name];
    prototype[name] = function (...values) {
      const startedAt = performance.now();
      try {
        return original.apply(this, values);
      } finally {
        const sql = sqlOf(this, values).replace(/\s+/g, " ").trim();
        const known = seen.get(sql) ?? { times: 0, ms: 0 };
        known.times++;
        known.ms += performance.now() - startedAt;
        seen.set(sql, known);
      }
    };
    undo.push(() => {
      prototype[name] = original;
    });
  };
  watch(DatabaseSync.prototype, "exec", (_, [sql]) => sql);
  for (const name of ["run", "get", "all"])
    watch(StatementSync.prototype, name, ({ sourceSQL }) => sourceSQL);
  return () => {
    for (const each of undo) each();
    return [...seen];
  };
}
