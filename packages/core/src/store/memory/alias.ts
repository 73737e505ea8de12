import { renamePlace, segment } from "../../session/key.js";
import { compose, type Data, type IdentityData } from "./data.js";
import { replace } from "./events.js";
import { change } from "./operations.js";
import { chatKey } from "./state.js";

export function alias(data: Data, identity: IdentityData, old: string, now: string): void {
  if (old === now) return;
  const [from, to] = [segment(old), segment(now)];
  for (const event of data.events.values()) {
    if (event.identity !== identity.name) continue;
    const { session, lane } = event;
    replace(data, event, {
      session: renamePlace(session, from, to),
      lane: lane === undefined ? undefined : renamePlace(lane, from, to),
    });
  }
  for (const operation of data.operations.values()) {
    if (operation.identity !== identity.name) continue;
    const { session } = operation;
    change(data, operation, {
      lane: renamePlace(operation.lane, from, to),
      ...(session === undefined ? {} : { session: renamePlace(session, from, to) }),
    });
  }
  moveRows(identity.state, (key, row) => {
    if (!key.startsWith("pairing/") || !key.endsWith(`/${from}`)) return undefined;
    const renamed = `${key.slice(0, -from.length)}${to}`;
    return [renamed, { ...row, entry: { ...row.entry, key: renamed } }];
  });
  moveRows(identity.chats, (_, record) =>
    record.chat === old ? [chatKey(now, record.thread), { ...record, chat: now }] : undefined,
  );
  moveRows(identity.sent, (_, row) =>
    row.chat === old ? [compose(now, row.message), { ...row, chat: now }] : undefined,
  );
}

/** What stands at the new place already stays, and the old row is gone. */
function moveRows<T>(
  rows: Map<string, T>,
  moved: (key: string, row: T) => readonly [string, T] | undefined,
): void {
  for (const [key, row] of [...rows]) {
    const target = moved(key, row);
    if (target === undefined) continue;
    rows.delete(key);
    if (!rows.has(target[0])) rows.set(...target);
  }
}
