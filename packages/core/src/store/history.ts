import type { HistoryEntry } from "../contract/agent.js";
import type { AttachmentRef, InboundEvent } from "../contract/event.js";
import type { Operation } from "../contract/operation.js";

/** Rule of an event that asked for a new session. Stored with the event, so never to be renamed. */
export const NEW_SESSION_RULE = "command.new";
/** Rules of events that were commands to the runtime and not meant for the agent. */
export const COMMAND_RULE_PREFIX = "command.";

export interface Received {
  readonly seq: number;
  readonly event: InboundEvent;
  /** When it was stored, Unix ms. */
  readonly at: number;
}

export interface Said {
  readonly operation: Operation;
  readonly at: number;
  /** `seq` of the event it answers. */
  readonly turn: number | undefined;
  /** Platform id of its first message. */
  readonly message: string | undefined;
}

/** An edit whose message is not among the events: it makes a line only when that is nowhere in the session. */
export function hasEditOfUnseen(received: readonly Received[]): boolean {
  const seen = new Set(
    received.flatMap(({ event }) =>
      event.kind === "message" || event.kind === "command" ? [event.address.message] : [],
    ),
  );
  return received.some(({ event }) => event.kind === "edited" && !seen.has(event.address.message));
}

/**
 * What a session remembers, from its stored events and operations, both newest first: in order of time, edits applied,
 * deleted messages left out. Both stores use it, so that they cannot differ in what an agent is told.
 */
export function historyEntries(
  received: readonly Received[],
  said: readonly Said[],
  limit: number,
): readonly HistoryEntry[] {
  const entries: HistoryEntry[] = [];
  const byMessage = new Map<string, number>();
  const deleted = new Set<string>();
  const timed = [
    // Within one millisecond an answer stands after its question and before the next one.
    ...received.map(({ seq, event, at }) => ({ at, place: seq, rank: 0, event })),
    ...said.map(({ operation, at, turn = Number.POSITIVE_INFINITY, message }) => ({
      at,
      place: turn,
      rank: 1,
      operation,
      message,
    })),
  ].reverse();
  timed.sort((a, b) => a.at - b.at || compare(a.place, b.place) || a.rank - b.rank);
  for (const item of timed) {
    if ("operation" in item) {
      if (item.operation.kind !== "send" || item.operation.refused !== undefined) continue;
      entries.push({
        role: "assistant",
        text: item.operation.text,
        at: item.at,
        ...(item.message === undefined ? {} : { message: item.message }),
        ...attached(item.operation.attachments),
      });
      continue;
    }
    const { event, at } = item;
    if (event.kind === "deleted") {
      for (const message of event.messages) deleted.add(message);
      continue;
    }
    if (event.kind === "button") {
      const { id, name } = event.sender;
      entries.push({ role: "user", text: event.data, sender: id, at, ...(name !== undefined && { name }) });
      continue;
    }
    if (event.kind !== "message" && event.kind !== "edited" && event.kind !== "command") continue;
    const message = event.address.message;
    const entry: HistoryEntry = {
      role: "user",
      text: event.content.text,
      sender: event.sender.id,
      at,
      ...(event.sender.name === undefined ? {} : { name: event.sender.name }),
      ...(message === undefined ? {} : { message }),
      ...attached(event.content.attachments),
    };
    const earlier = message === undefined ? undefined : byMessage.get(message);
    if (event.kind === "edited" && earlier !== undefined) {
      entries[earlier] = { ...entry, at: entries[earlier]?.at ?? at };
      continue;
    }
    if (message !== undefined) byMessage.set(message, entries.length);
    entries.push(entry);
  }
  const kept = entries.filter(
    (entry) => entry.message === undefined || entry.role === "assistant" || !deleted.has(entry.message),
  );
  return limit === 0 ? [] : kept.slice(-limit);
}

function attached(
  attachments: readonly { readonly type: AttachmentRef["type"]; readonly name?: string }[] = [],
): Pick<HistoryEntry, "attachments"> {
  if (attachments.length === 0) return {};
  return {
    attachments: attachments.map(({ type, name }) => (name === undefined ? { type } : { type, name })),
  };
}

function compare(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
