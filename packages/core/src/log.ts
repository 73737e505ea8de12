import { isRecord } from "./config/merge.js";
import type { Logger } from "./contract/connection.js";

/** Logs nothing. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** The same log, with these fields on every line. */
export function withFields(log: Logger, fields: object): Logger {
  return mapLines(log, (more, message) => [{ ...fields, ...more }, message]);
}

/** The same log, with every known secret masked: in messages, in fields, and in errors with their stacks and causes. */
export function withoutSecrets(log: Logger, redact: (text: string) => string): Logger {
  return mapLines(log, (fields, message) => [
    Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, clean(value, redact, 0)])),
    redact(message),
  ]);
}

function mapLines(log: Logger, map: (fields: object, message: string) => [object, string]): Logger {
  return {
    debug: (fields, message) => log.debug(...map(fields, message)),
    info: (fields, message) => log.info(...map(fields, message)),
    warn: (fields, message) => log.warn(...map(fields, message)),
    error: (fields, message) => log.error(...map(fields, message)),
  };
}

/** What lies deeper is not logged at all: a loop of causes must not hang the log. */
const MAX_DEPTH = 6;

function clean(value: unknown, redact: (text: string) => string, depth: number): unknown {
  if (typeof value === "string") return redact(value);
  if (typeof value !== "object" || value === null) return value;
  if (depth >= MAX_DEPTH) return undefined;
  if (Array.isArray(value)) return value.map((each) => clean(each, redact, depth + 1));
  if (value instanceof Error) return cleanError(value, redact, depth + 1);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, clean(each, redact, depth + 1)]),
  );
}

/** Of the same class, so that a logger treats it as the error that it is. */
function cleanError(error: Error, redact: (text: string) => string, depth: number): unknown {
  const copy: unknown = Object.create(Object.getPrototypeOf(error));
  for (const key of Reflect.ownKeys(error)) {
    const descriptor = Object.getOwnPropertyDescriptor(error, key);
    const value = clean(Reflect.get(error, key), redact, depth);
    if (typeof copy === "object" && copy !== null)
      Object.defineProperty(copy, key, {
        value,
        enumerable: descriptor?.enumerable ?? false,
        configurable: true,
        writable: true,
      });
  }
  return copy;
}
