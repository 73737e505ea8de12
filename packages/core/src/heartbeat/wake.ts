import type { AccountHandle } from "../connection/handle.js";
import type { Clock, Receipt } from "../contract/connection.js";
import type { InboundEvent, NoticeEvent } from "../contract/event.js";
import type { Decision } from "../contract/fate.js";
import type { ChatDirectory } from "../inbox/chats.js";
import type { Inbox } from "../inbox/inbox.js";
import type { WakeRequest } from "../runtime-types.js";

/** Keys of events that nobody outside made. What a connector brings under such a key is dropped. */
export const HOST_PREFIX = "host:";
const KEY_PREFIX = `${HOST_PREFIX}wake/`;

/** The host woke the agent; nobody wrote. */
export function isWake(event: InboundEvent): boolean {
  return event.kind === "notice" && event.keys[0].startsWith(KEY_PREFIX);
}

/** Whether an event is, or claims to be, of the host's or core's own making. */
export function hasHostKey({ keys }: InboundEvent): boolean {
  return keys.some((key) => key.startsWith(HOST_PREFIX));
}

export const WOKEN: Decision = {
  fate: "admitted",
  reason: "The host woke the agent by its schedule.",
  rule: "host.wake",
  path: "heartbeat",
};

export interface WakeOptions {
  readonly chats: ChatDirectory;
  readonly inbox: Inbox;
  readonly clock: Clock;
}

/** See `ConnectorRuntime.wake`. */
export async function wake(
  { chats, inbox, clock }: WakeOptions,
  handle: AccountHandle,
  request: WakeRequest,
): Promise<Receipt | undefined> {
  const { key, prompt, to } = request;
  const address = { chat: to.chat, ...(to.thread === undefined ? {} : { thread: to.thread }) };
  const known = await chats.infoOf(handle, address);
  const kind = to.kind ?? known.kind;
  const event: NoticeEvent = {
    kind: "notice",
    name: "heartbeat",
    text: prompt,
    keys: [`${KEY_PREFIX}${key}`],
    sentAt: clock.now(),
    address,
    chat: { ...known, kind },
    // In private the session is that of the person there, who is known by the chat on most platforms.
    sender: kind === "dm" ? { id: address.chat } : { id: "heartbeat", name: "heartbeat" },
  };
  return inbox.wake(handle, event);
}
