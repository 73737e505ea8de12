import type { Address } from "../contract/address.js";
import type { InboundEvent } from "../contract/event.js";

/** Ids become whole segments, whatever characters a platform puts into them. */
const segment = encodeURIComponent;

/** One session per DM user, per group and per thread. DMs are kept by their chat, since that is where answers go. */
export function sessionKey(identity: string, event: InboundEvent): string {
  return `${segment(identity)}/${event.chat.kind}/${addressKey(event.address)}`;
}

/** Outgoing order is kept per chat and thread. */
export function outboxLane(to: Address): string {
  return addressKey(to);
}

function addressKey(address: Address): string {
  const space = address.space === undefined ? "" : `${segment(address.space)}/`;
  const thread = address.thread === undefined ? "" : `/thread/${segment(address.thread)}`;
  return `${space}${segment(address.chat)}${thread}`;
}
