import { readFileSync } from "node:fs";
import { z } from "zod";
import { SCHEMA } from "./store/sqlite/schema.js";

/** Which release of this package is at work: copies in one process share a store only when their schema is the same. */
export interface Release {
  readonly version: string;
  /** Of the SQLite store. */
  readonly schema: number;
}

export function release(): Release {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  const { version } = z.object({ version: z.string() }).parse(JSON.parse(text));
  return { version, schema: SCHEMA };
}
