import type { Address } from "../contract/address.js";
import type { InboundEvent } from "../contract/event.js";

/** An id as one whole segment of a key, whatever characters a platform puts into it; halves of surrogate pairs are replaced. */
export function segment(id: string): string {
  return encodeURIComponent(id.toWellFormed());
}

/**
 * The first segment of a session that several chats share. An encoded segment has no colon, so that no key of an identity, chat
 * or space looks like this.
 */
const SHARED = "shared:";
const PEER = "dm";

/** One session per DM user, per group and per thread. DMs are kept by their chat, since that is where answers go. */
export function sessionKey(identity: string, event: InboundEvent): string {
  return `${segment(identity)}/${event.chat.kind}/${addressKey(event.address)}`;
}

/** Outgoing order is kept per chat and thread. */
export function outboxLane(to: Address): string {
  return addressKey(to);
}

/** All DMs there are. */
export const SHARED_BY_ALL = `${SHARED}/main`;

/** The DMs of one sender with any account of a connector. */
export function sharedByPeer(connector: string, sender: string): string {
  return [SHARED, segment(connector), PEER, segment(sender)].join("/");
}

/** The DMs of a person whom the owner has named: of one connector, or of all. */
export function sharedByPerson(name: string, connector?: string): string {
  const within = connector === undefined ? [] : [segment(connector)];
  return [SHARED, ...within, "person", segment(name)].join("/");
}

export function isShared(session: string): boolean {
  return session.startsWith(`${SHARED}/`);
}

/**
 * A session or lane key after a chat or sender was renamed. Keys end in their chat, or in `thread` and a thread of it; ids of
 * threads are a world of their own and stay, and so do names that the owner gave.
 *
 * @param from and `to`: segments, URI-encoded
 */
export function renamePlace(place: string, from: string, to: string): string {
  const segments = place.split("/");
  const index = renamedSegment(segments);
  return segments[index] === from ? segments.with(index, to).join("/") : place;
}

/** A session or lane key under the ids of today. */
export function currentPlace(place: string, current: (id: string) => string): string {
  const segments = place.split("/");
  const index = renamedSegment(segments);
  const written = segments[index];
  if (written === undefined) return place;
  const now = segment(current(decodeURIComponent(written)));
  return now === written ? place : segments.with(index, now).join("/");
}

/** Index of the segment that follows renames; one beyond the last where none does. */
function renamedSegment(segments: readonly string[]): number {
  const last = segments.length - 1;
  if (segments[0] === SHARED) return last === 3 && segments[2] === PEER ? last : segments.length;
  return last > 1 && segments[last - 1] === "thread" ? last - 2 : last;
}

function addressKey(address: Address): string {
  const space = address.space === undefined ? "" : `${segment(address.space)}/`;
  const thread = address.thread === undefined ? "" : `/thread/${segment(address.thread)}`;
  return `${space}${segment(address.chat)}${thread}`;
}
