import { createHash, randomBytes } from "node:crypto";

/** Stands in a button. */
export function newToken(): string {
  return randomBytes(16).toString("base64url");
}

/** What is kept of a code or token. */
export function hashSecret(secret: string): string {
  return createHash("sha256").update(`approval:${secret}`).digest("base64url");
}

/** Names the same request of the same turn for ever, whatever the order of the input's keys. */
export function digestOf(parts: readonly unknown[]): string {
  return createHash("sha256")
    .update(JSON.stringify(parts.map(inOrder)))
    .digest("hex");
}

function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, each]) => [key, inOrder(each)]);
}
