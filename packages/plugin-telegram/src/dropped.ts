import type { Logger } from "@elizaos/connector-core";
import type { Reading } from "./inbound/index.js";

/** What cannot be read is news to the operator, what says nothing is not. */
export function logDropped(
  log: Logger,
  update: number | undefined,
  { reason, malformed, isDeclined }: Extract<Reading, { type: "dropped" }>,
): void {
  const fields = { update_id: update, reason };
  if (malformed) log.warn(fields, "Dropped an update that cannot be read");
  else if (isDeclined) log.info(fields, "Left out an update of a kind that is not served here");
  else log.debug(fields, "Dropped an update that says nothing");
}
