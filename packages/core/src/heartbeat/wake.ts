import { isRecord } from "../config/merge.js";
import type { AccountHandle } from "../connection/handle.js";
import type { ChatKind } from "../contract/address.js";
import type { Clock, Receipt } from "../contract/connection.js";
import type { InboundEvent, NoticeEvent } from "../contract/event.js";
import type { Decision } from "../contract/fate.js";
import type { Inbox } from "../inbox/inbox.js";
import type { WakeRequest } from "../runtime-types.js";
import type { Store } from "../store/port.js";

/** Keys of events that the host made. What a connector brings under such a key is dropped. */
const KEY_PREFIX = "host:wake/";
const KINDS: readonly ChatKind[] = ["dm", "group", "channel", "feed", "issue", "mailbox"];

/** The host woke the agent; nobody wrote. */
export function isWake(event: InboundEvent): boolean {
  return event.kind === "notice" && event.keys[0].startsWith(KEY_PREFIX);
}

/** Whether an event claims to be the host's. */
export function hasWakeKey({ keys }: InboundEvent): boolean {
  return keys.some((key) => key.startsWith(KEY_PREFIX));
}

export const WOKEN: Decision = {
  fate: "admitted",
  reason: "The host woke the agent by its schedule.",
  rule: "host.wake",
  path: "heartbeat",
};

export interface WakeOptions {
  readonly store: Store;
  readonly inbox: Inbox;
  readonly clock: Clock;
}

/** See `ConnectorRuntime.wake`. */
export async function wake(
  { store, inbox, clock }: WakeOptions,
  handle: AccountHandle,
  request: WakeRequest,
): Promise<Receipt | undefined> {
  const { key, prompt, to } = request;
  const address = { chat: to.chat, ...(to.thread === undefined ? {} : { thread: to.thread }) };
  const kind = to.kind ?? (await kindOf(store, handle, address.chat, address.thread));
  const event: NoticeEvent = {
    kind: "notice",
    name: "heartbeat",
    text: prompt,
    keys: [`${KEY_PREFIX}${key}`],
    sentAt: clock.now(),
    address,
    chat: { kind },
    // In private the session is that of the person there, who is known by the chat on most platforms.
    sender: kind === "dm" ? { id: address.chat } : { id: "heartbeat", name: "heartbeat" },
  };
  return inbox.wake(handle, event);
}

/** As the chat was when something came from there; a chat that nobody has written in yet is taken for a private one. */
async function kindOf(
  store: Store,
  handle: AccountHandle,
  chat: string,
  thread: string | undefined,
): Promise<ChatKind> {
  const { identity } = handle.owner;
  const now = handle.current(chat);
  const known = (await store.chat(identity, now, thread)) ?? (await store.chat(identity, now));
  const info: unknown = known?.info;
  return KINDS.find((kind) => isRecord(info) && info["kind"] === kind) ?? "dm";
}
