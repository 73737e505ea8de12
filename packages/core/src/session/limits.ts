import type { AccountHandle } from "../connection/handle.js";
import type { InboundEvent } from "../contract/event.js";

/** How many messages of its session an event's turn is given at most, besides the event itself. */
export function historyLimit(handle: AccountHandle, { chat, sender }: InboundEvent): number {
  const { dms, dmHistoryLimit, historyLimit: forGroups } = handle.config;
  if (chat.kind !== "dm") return forGroups;
  const own = Object.entries(dms);
  if (own.length === 0) return dmHistoryLimit;
  const prefix = `${handle.connector.manifest.id}:`;
  const ids = new Set([sender.id, ...(sender.aliases ?? [])].map((id) => handle.current(id)));
  const isSender = (written: string) =>
    [written, written.startsWith(prefix) ? written.slice(prefix.length) : written].some((id) =>
      ids.has(handle.current(id)),
    );
  const [, found] = own.find(([written]) => isSender(written.trim())) ?? [];
  return found?.historyLimit ?? dmHistoryLimit;
}
