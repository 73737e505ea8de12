import type { IncomingMessage } from "node:http";

/** Platforms send some kB; an update of Telegram with a long message has about 100. */
export const MAX_BODY_BYTES = 1024 * 1024;
/** What is still read of a body that is too large, so that its sender gets to see the answer. */
const DRAIN_BYTES = 2 * 1024 * 1024;

/** Resolves to the whole body, to "too large", or to undefined when the sender went away before its end. */
export function readBody(
  request: IncomingMessage,
  maxBytes: number,
): Promise<Uint8Array | "too large" | undefined> {
  if (Number(request.headers["content-length"] ?? 0) > maxBytes) return Promise.resolve("too large");
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBytes) {
        request.removeAllListeners("data");
        return resolve("too large");
      }
      chunks.push(chunk);
    });
    request.once("end", () => resolve(whole(chunks)));
    request.once("close", () => resolve(undefined));
  });
}

/** Reads on without keeping anything. Resolves at the end of the body, or when it has been enough. */
export function drain(request: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    let left = DRAIN_BYTES;
    request.on("data", (chunk: Buffer) => {
      left -= chunk.length;
      if (left < 0) resolve();
    });
    request.once("close", () => resolve());
    request.once("end", () => resolve());
    request.resume();
  });
}

/** Without a copy where there is but one chunk. */
function whole(chunks: readonly Buffer[]): Uint8Array {
  const [first, second] = chunks;
  return first !== undefined && second === undefined ? first : Buffer.concat(chunks);
}
