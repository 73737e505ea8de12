import type { HistoryEntry } from "../../contract/agent.js";
import type { Fate } from "../../contract/fate.js";
import { historyEntries } from "../history.js";
import type { Data } from "./data.js";

const REMEMBERED: readonly Fate[] = ["admitted", "answered", "silent", "context"];

export interface HistoryOptions {
  readonly before: number;
  readonly limit: number;
}

export function history(
  data: Data,
  identity: string,
  session: string,
  options: HistoryOptions,
): readonly HistoryEntry[] {
  const belongs = (row: { readonly identity: string; readonly session?: string }) =>
    row.identity === identity && row.session === session;
  const received = [...data.events.values()].filter(
    (event) => belongs(event) && event.seq < options.before && REMEMBERED.includes(event.decision.fate),
  );
  const said = [...data.operations.values()].filter(
    (operation) =>
      belongs(operation) &&
      (operation.turn === undefined || operation.turn < options.before) &&
      operation.parts.some((part) => part.state === "sent"),
  );
  // Newest first, as `historyEntries` takes them.
  return historyEntries(
    received.reverse().map(({ seq, event, receivedAt }) => ({ seq, event, at: receivedAt })),
    said.reverse().map(({ operation, createdAt, turn, parts }) => ({
      operation,
      at: createdAt,
      turn,
      message: parts.find((part) => part.result?.message !== undefined)?.result?.message,
    })),
    options.limit,
  );
}
