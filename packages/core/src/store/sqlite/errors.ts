import { StoreError, type StoreProblem } from "../../contract/errors.js";

// Primary result codes, "Result and Error Codes" of SQLite's documentation.
const SQLITE_BUSY = 5;
const SQLITE_LOCKED = 6;
const SQLITE_FULL = 13;

const MENDS: Readonly<Record<"full" | "busy" | "broken", string>> = {
  full: "Free disk space, or raise the store's size limit.",
  busy: "Another program has the file locked; close it.",
  broken:
    "Check that the file is readable and writable and is a database of this program; move it away to start anew.",
};

/** What SQLite or the file system said, as the port's error. */
export function toStoreError(error: unknown, path: string): StoreError {
  if (error instanceof StoreError) return error;
  const problem = classify(error);
  const detail = error instanceof Error ? error.message : String(error);
  const said =
    problem === "full" ? "there is no room left" : problem === "busy" ? "the database is locked" : detail;
  return new StoreError(problem, `${path}: ${said}`, { where: path, mend: MENDS[problem], cause: error });
}

function classify(error: unknown): Extract<StoreProblem, "full" | "busy" | "broken"> {
  if (!(error instanceof Error)) return "broken";
  if ("code" in error && error.code === "ENOSPC") return "full";
  if (!("errcode" in error) || typeof error.errcode !== "number") return "broken";
  // Extended codes carry the primary one in their low byte.
  const primary = error.errcode & 0xff;
  if (primary === SQLITE_FULL) return "full";
  return primary === SQLITE_BUSY || primary === SQLITE_LOCKED ? "busy" : "broken";
}
