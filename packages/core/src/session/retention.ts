import type { RuntimeLimits } from "../runtime-types.js";
import type { SessionOptions } from "./options.js";

const DAY_MS = 24 * 60 * 60_000;

/** What the config says of how long things are kept, as a limit of the runtime. */
export function retentionMs({ retentionDays }: SessionOptions): Partial<Pick<RuntimeLimits, "retentionMs">> {
  return retentionDays === undefined ? {} : { retentionMs: retentionDays * DAY_MS };
}
