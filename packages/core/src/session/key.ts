import type { Address } from "../contract/address.js";
import type { InboundEvent } from "../contract/event.js";

/** An id as one whole segment of a key, whatever characters a platform puts into it; halves of surrogate pairs are replaced. */
export function segment(id: string): string {
  return encodeURIComponent(id.toWellFormed());
}

/** One session per DM user, per group and per thread. DMs are kept by their chat, since that is where answers go. */
export function sessionKey(identity: string, event: InboundEvent): string {
  return `${segment(identity)}/${event.chat.kind}/${addressKey(event.address)}`;
}

/** Outgoing order is kept per chat and thread. */
export function outboxLane(to: Address): string {
  return addressKey(to);
}

/**
 * A session or lane key after a chat or sender was renamed. Keys end in their chat, or in `thread` and a thread of it; ids of
 * threads are a world of their own and stay.
 *
 * @param from and `to`: segments, URI-encoded
 */
export function renamePlace(place: string, from: string, to: string): string {
  const segments = place.split("/");
  const chat =
    segments.length > 2 && segments.at(-2) === "thread" ? segments.length - 3 : segments.length - 1;
  return segments[chat] === from ? segments.with(chat, to).join("/") : place;
}

function addressKey(address: Address): string {
  const space = address.space === undefined ? "" : `${segment(address.space)}/`;
  const thread = address.thread === undefined ? "" : `/thread/${segment(address.thread)}`;
  return `${space}${segment(address.chat)}${thread}`;
}
