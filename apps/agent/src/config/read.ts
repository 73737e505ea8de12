import { readFileSync } from "node:fs";
import { isRecord } from "@elizaos/connector-core";
import JSON5 from "json5";
import { systemCode, systemReason, UserError } from "../user-error.js";

/**
 * Reads a file that holds one JSON5 object.
 *
 * @param shown the path as messages name it
 * @throws UserError when it cannot be read or is no such object
 */
export function readObject(path: string, shown: string): Record<string, unknown> {
  const text = readText(path, shown);
  if (text === undefined) throw new UserError(`${shown}: cannot be read: no such file or directory`);
  return parseObject(text, shown);
}

/** @returns undefined when there is no such file */
export function readText(path: string, shown: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw new UserError(`${shown}: cannot be read: ${systemReason(error)}`, { cause: error });
  }
}

/** @throws UserError when the text is no JSON5 object */
export function parseObject(text: string, shown: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON5.parse<unknown>(text);
  } catch (error) {
    throw new UserError(`${shown}${syntaxReason(error)}`, { cause: error });
  }
  if (!isRecord(value)) throw new UserError(`${shown}: must hold an object, such as { "connectors": { } }`);
  return value;
}

/** json5 puts the position in fields of its own and at the end of the message. */
function syntaxReason(error: unknown): string {
  if (!(error instanceof SyntaxError)) return `: ${String(error)}`;
  const reason = error.message.replace(/^JSON5: /, "").replace(/ at \d+:\d+$/, "");
  const position =
    "lineNumber" in error && "columnNumber" in error
      ? `:${String(error.lineNumber)}:${String(error.columnNumber)}`
      : "";
  return `${position}: is not valid JSON5: ${reason}`;
}
