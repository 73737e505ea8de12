import { NEW_SESSION_RULE } from "../history.js";
import type { Data } from "./data.js";
import { isOpen } from "./events.js";

export interface PruneOptions {
  readonly at: number;
  readonly finishedBefore: number;
  readonly limit: number;
}

/**
 * Dead letters wait for the operator, however old. An event stays as long as an operation of its turn, and the beginning of a
 * session as long as anything that it keeps out.
 */
export function prune(data: Data, options: PruneOptions): number {
  let removed = 0;
  const room = () => removed < options.limit;

  for (const operation of data.operations.values()) {
    if (!room()) return removed;
    if (operation.state === "open" || operation.state === "failed") continue;
    if ((data.ended.get(operation.seq) ?? options.finishedBefore) >= options.finishedBefore) continue;
    data.operations.delete(operation.seq);
    data.ended.delete(operation.seq);
    const sent = data.identities.get(operation.identity)?.sent;
    for (const [place, row] of sent ?? []) if (row.operation === operation.seq) sent?.delete(place);
    removed += 1;
  }

  const turns = new Set([...data.operations.values()].map((operation) => operation.turn));
  const first = new Map<string, number>();
  for (const { session, seq } of data.events.values()) if (!first.has(session)) first.set(session, seq);
  for (const event of data.events.values()) {
    if (!room()) return removed;
    const { session, seq, decision } = event;
    if (decision.rule === NEW_SESSION_RULE && first.get(session) !== seq) continue;
    if (isOpen(event) || event.decision.fate === "dead" || turns.has(event.seq)) continue;
    if ((event.finishedAt ?? options.finishedBefore) >= options.finishedBefore) continue;
    data.events.delete(event.seq);
    removed += 1;
  }

  for (const identity of data.identities.values()) {
    for (const [key, until] of identity.keys) {
      if (!room()) return removed;
      if (until <= options.at && identity.keys.delete(key)) removed += 1;
    }
    for (const [key, { expiresAt }] of identity.state) {
      if (!room()) return removed;
      if (expiresAt !== undefined && expiresAt <= options.at && identity.state.delete(key)) removed += 1;
    }
  }
  return removed;
}
