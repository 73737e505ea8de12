import { createHash } from "node:crypto";

/**
 * The id, in that runtime, of something that has a name here: a UUID of version 5 (RFC 9562) within the agent's own id. The same name
 * gives the same id for ever, so that what is told twice is known the second time.
 *
 * @param names from the widest to the narrowest; none can run into the next
 */
export function idOf(agentId: string, ...names: readonly string[]): string {
  const namespace = Buffer.from(agentId.replaceAll("-", ""), "hex");
  const bytes = createHash("sha1").update(namespace).update(JSON.stringify(names)).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
