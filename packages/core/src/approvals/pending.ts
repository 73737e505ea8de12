import type { ApprovalState } from "../contract/approval.js";
import { ApprovalPending, type ConnectorError, Rejected } from "../contract/errors.js";

/** How many are asked, and for how long, in ms. */
export interface Terms {
  readonly count: number;
  readonly timeoutMs: number;
}

/** What an agent that calls a gated action is told, in words for a model. */
export function pendingError(
  name: string,
  { id, status, by, reason }: ApprovalState,
  { count, timeoutMs }: Terms,
): ConnectorError {
  const where = name;
  if (reason !== undefined)
    return new Rejected(`${name} needs an approval, and nothing was done. ${reason}`, { where });
  if (status === "denied" || status === "expired") {
    const who = by === undefined ? "" : ` by ${by}`;
    return new Rejected(`${name} was not approved (${status}${who}), and nothing was done.`, { where });
  }
  const asked = count === 1 ? "One person is" : `${count} people are`;
  const minutes = Math.ceil(timeoutMs / 60_000);
  return new ApprovalPending(
    `${name} needs an approval, and nothing was done yet. ${asked} asked (request ${id}); without an answer it is denied ${minutes} min after it was asked. Do not call it again: you will be told what was decided, and if it is approved it will have been done by then.`,
    { where },
  );
}
