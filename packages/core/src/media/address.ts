import ipaddr from "ipaddr.js";

/** Public addresses that answer inside one cloud only, with what its machines may know (Azure: "What is IP address 168.63.129.16?"). */
const INSIDE_CLOUDS = new Set(["168.63.129.16"]);

/**
 * Whether an IP address is one of the open internet: no loopback, private, link-local, carrier-grade, documentation or multicast
 * range, none that carries an IPv4 address inside, and no cloud's metadata service.
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  return parsed.range() === "unicast" && !INSIDE_CLOUDS.has(parsed.toString());
}
