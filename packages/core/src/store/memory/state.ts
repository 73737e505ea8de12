import type { StateChange, StateEntry } from "../../contract/connection.js";
import type { ChatRecord } from "../port.js";
import { compose, type Data, type IdentityData } from "./data.js";

export function stateGet(data: Data, identity: string, key: string, at: number): StateEntry | undefined {
  const known = data.identities.get(identity);
  return known === undefined ? undefined : current(known, key, at);
}

export interface ListOptions {
  readonly limit: number;
  readonly after?: string;
  readonly at: number;
}

export function stateList(
  data: Data,
  identity: string,
  prefix: string,
  options: ListOptions,
): readonly StateEntry[] {
  const known = data.identities.get(identity);
  if (known === undefined) return [];
  const { limit, after, at } = options;
  return [...known.state.keys()]
    .filter((key) => key.startsWith(prefix) && (after === undefined || byBytes(key, after) > 0))
    .sort(byBytes)
    .flatMap((key) => current(known, key, at) ?? [])
    .slice(0, limit);
}

/** As databases compare text: UTF-16 units put characters beyond the first plane elsewhere. */
function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** Checks every version before it changes anything; false when one does not hold. */
export function applyChanges(identity: IdentityData, changes: readonly StateChange[], at: number): boolean {
  for (const { key, ifVersion } of changes) {
    if (ifVersion !== undefined && (current(identity, key, at)?.version ?? 0) !== ifVersion) return false;
  }
  for (const change of changes) putState(identity, change, at);
  return true;
}

export function putState(identity: IdentityData, change: StateChange, at: number): void {
  const { key, value, expiresAt } = change;
  if (value === undefined) {
    identity.state.delete(key);
    return;
  }
  const version = (current(identity, key, at)?.version ?? 0) + 1;
  identity.state.set(key, { entry: { key, value, version }, expiresAt });
}

function current(identity: IdentityData, key: string, at: number): StateEntry | undefined {
  const row = identity.state.get(key);
  return row === undefined || (row.expiresAt !== undefined && row.expiresAt <= at) ? undefined : row.entry;
}

export function putChat(identity: IdentityData, record: ChatRecord): void {
  identity.chats.set(chatKey(record.chat, record.thread), record);
}

export function findChat(
  data: Data,
  identity: string,
  chat: string,
  thread?: string,
): ChatRecord | undefined {
  return data.identities.get(identity)?.chats.get(chatKey(chat, thread));
}

export function chatKey(chat: string, thread: string | undefined): string {
  return thread === undefined ? compose(chat) : compose(chat, thread);
}
