import { isIPv6 } from "node:net";

/** The address of the peer, and what a proxy says of whom it speaks for. */
export interface Peer {
  readonly address: string | undefined;
  /** The header `x-forwarded-for`. */
  readonly forwardedFor: string | undefined;
}

/**
 * Whom a request is counted against. A tunnel or proxy on this machine is believed, as far as its own last entry goes;
 * everything before that entry anybody may have written.
 */
export function clientOf({ address = "unknown", forwardedFor }: Peer): string {
  const last = isLoopback(address) ? forwardedFor?.split(",").at(-1)?.trim() : undefined;
  return network(last === undefined || last === "" ? address : last);
}

/** Whoever has one address of IPv6 has 2^64 of them. */
function network(address: string): string {
  if (!isIPv6(address) || address.startsWith("::ffff:")) return address;
  const [head = "", tail] = address.split("::");
  const groups = head.split(":");
  const rest = tail === undefined ? [] : tail.split(":");
  while (tail !== undefined && groups.length + rest.length < 8) groups.push("0");
  return `${[...groups, ...rest].slice(0, 4).join(":")}::/64`;
}

function isLoopback(address: string): boolean {
  return address === "::1" || /^(?:::ffff:)?127\./.test(address);
}
