import { valuesAt } from "./config/merge.js";

/** Secrets shorter than this would mask ordinary words and are masked by path only. */
const SHORTEST_SECRET = 6;

/** The mask of one secret: `****`, one per part between colons for values shaped `left:right`. */
export function mask(value: string): string {
  return /^[^:\s]+:[^:\s]+$/.test(value) ? "****:****" : "****";
}

/** Replaces every known secret wherever it appears in a text. */
export interface Redactor {
  add(secret: string): void;
  redact(text: string): string;
}

export function createRedactor(): Redactor {
  const secrets = new Set<string>();
  let pattern: RegExp | undefined;
  return {
    add(secret) {
      const value = secret.trim();
      if (value.length < SHORTEST_SECRET || secrets.has(value)) return;
      secrets.add(value);
      // The longest first, so that a secret that contains another is masked whole.
      const sorted = [...secrets].sort((a, b) => b.length - a.length);
      pattern = new RegExp(sorted.map(escapeForPattern).join("|"), "g");
    },
    redact: (text) => (pattern === undefined ? text : text.replace(pattern, mask)),
  };
}

function escapeForPattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

/** Adds the strings at a manifest's secret paths of a config block, its accounts included. */
export function collectSecrets(block: unknown, secretPaths: readonly string[], redactor: Redactor): void {
  for (const path of secretPaths.flatMap((each) => [each, `accounts.*.${each}`])) {
    for (const value of valuesAt(block, path)) {
      if (typeof value === "string") redactor.add(value);
    }
  }
}
