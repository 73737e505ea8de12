import type { WireMessage } from "../wire.js";
import type { AccountRecord } from "./records.js";

/** Finds `@name` of the chat's accounts. Positions count UTF-8 bytes, as the platform's clients do. */
export function mentionsIn(text: string, accounts: Iterable<AccountRecord>): WireMessage["mentions"] {
  const found: WireMessage["mentions"] = [];
  for (const { id, name } of accounts) {
    const word = `@${name}`;
    for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length)) {
      const longer = /^[\p{L}\p{N}_-]/u.test(text.slice(at + word.length));
      if (!longer)
        found.push({
          user: id,
          start: Buffer.byteLength(text.slice(0, at)),
          length: Buffer.byteLength(word),
        });
    }
  }
  return found.sort((a, b) => a.start - b.start);
}
