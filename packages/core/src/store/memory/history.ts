import type { HistoryEntry } from "../../contract/agent.js";
import type { Fate } from "../../contract/fate.js";
import { COMMAND_RULE_PREFIX, historyEntries, NEW_SESSION_RULE } from "../history.js";
import type { StoredEvent } from "../port.js";
import type { Data } from "./data.js";

const REMEMBERED: readonly Fate[] = ["admitted", "answered", "silent", "context"];

export interface HistoryOptions {
  readonly before: number;
  readonly limit: number;
}

export function history(data: Data, session: string, options: HistoryOptions): readonly HistoryEntry[] {
  const { before, limit } = options;
  const begins = findBeginning(data, session, before);
  const said = [...data.operations.values()].filter(
    (operation) =>
      operation.session === session &&
      (operation.turn === undefined
        ? operation.createdAt >= (begins?.finishedAt ?? 0)
        : operation.turn > (begins?.seq ?? 0) && operation.turn < before) &&
      ((operation.state === "open" && operation.turn !== undefined) ||
        operation.parts.some((part) => part.state === "sent")),
  );
  // Newest first, as `historyEntries` takes them.
  return historyEntries(
    remembered(data, session, before)
      .reverse()
      .map(({ seq, event, receivedAt }) => ({ seq, event, at: receivedAt })),
    said.reverse().map(({ operation, createdAt, turn, parts }) => ({
      operation,
      at: createdAt,
      turn,
      message: parts.find((part) => part.result?.message !== undefined)?.result?.message,
    })),
    limit,
  );
}

export function sessionSince(
  data: Data,
  session: string,
  { before }: Pick<HistoryOptions, "before">,
): number | undefined {
  return remembered(data, session, before)[0]?.receivedAt;
}

function remembered(data: Data, session: string, before: number): StoredEvent[] {
  const begins = findBeginning(data, session, before)?.seq ?? 0;
  return [...data.events.values()].filter(
    ({ seq, session: own, decision }) =>
      own === session &&
      seq > begins &&
      seq < before &&
      REMEMBERED.includes(decision.fate) &&
      !decision.rule.startsWith(COMMAND_RULE_PREFIX),
  );
}

/** The event after which the session begins; undefined for one that goes back to its first event. */
function findBeginning(data: Data, session: string, before: number): StoredEvent | undefined {
  return [...data.events.values()].findLast(
    (event) => event.session === session && event.seq < before && event.decision.rule === NEW_SESSION_RULE,
  );
}
