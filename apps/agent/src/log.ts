import { ConnectorError, type Redactor } from "@elizaos/connector-core";
import { type Logger, pino } from "pino";
import { readableLine } from "./log-line.js";
import type { LogLevel } from "./settings.js";
import { hasColors } from "./terminal/style.js";

export type { Logger } from "pino";

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: "readable" | "json";
  readonly redactor: Redactor;
  readonly stream: NodeJS.WriteStream;
}

const SECRET_FIELDS = [
  "token",
  "botToken",
  "appToken",
  "accessToken",
  "apiKey",
  "password",
  "secret",
  "authorization",
  "webhookSecret",
];

/**
 * The host's log. Secrets are masked twice: fields with a secret's name, and every known secret's value anywhere in the
 * finished line, messages and stacks included.
 */
export function createLog({ level, format, redactor, stream }: LogOptions): Logger {
  const colors = hasColors(stream);
  const stacks = level === "debug" || level === "trace";
  const describe = (error: unknown) => describeError(error, stacks);
  const finish = format === "json" ? (line: string) => line : (line: string) => readableLine(line, colors);
  return pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]),
        censor: "****",
      },
      serializers: { err: describe, error: describe, cause: describe, reason: describe },
    },
    // Masked before it is laid out, so that no layout can split a secret.
    { write: (line: string) => stream.write(finish(redactor.redact(line))) },
  );
}

/** What a log says of an error; its stack only where asked for. */
function describeError(error: unknown, stacks: boolean): unknown {
  if (!(error instanceof Error)) return error;
  const known = ConnectorError.isInstance(error) ? error : undefined;
  return {
    name: error.name,
    message: error.message,
    ...(known?.where === undefined ? {} : { where: known.where }),
    ...(known?.mend === undefined ? {} : { mend: known.mend }),
    ...(error.cause === undefined ? {} : { cause: describeError(error.cause, stacks) }),
    ...(stacks && error.stack !== undefined ? { stack: error.stack } : {}),
  };
}
