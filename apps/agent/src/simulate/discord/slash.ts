import { UserError } from "../../user-error.js";
import type { Command } from "./shapes.js";

/** `STRING` of the option types (API reference, "Application Command Option Type"). */
const STRING_OPTION = 3;

const SLASH = /^\/([\w-]+)(?:\s+([\s\S]*))?$/;

/** A command with the values of its options, as `/run` takes it. */
export interface Call {
  readonly command: string;
  readonly options: Readonly<Record<string, string>>;
}

/** Whether Discord's programs take the line for a slash command, if there is one of the name. */
export function isSlash(line: string): boolean {
  return SLASH.test(line);
}

/**
 * The command that a line calls; undefined when none of those is called so. What follows the name is the value of the command's first option
 * for text.
 *
 * @throws UserError when the command takes no text
 */
export function callIn(line: string, offered: readonly Command[]): Call | undefined {
  const [, name = "", text = ""] = SLASH.exec(line) ?? [];
  const found = offered.find((each) => each.name === name.toLowerCase());
  if (found === undefined) return undefined;
  if (text === "") return { command: found.name, options: {} };
  const option = found.options.find(({ type }) => type === STRING_OPTION);
  if (option === undefined) throw new UserError(`the command /${found.name} takes no text`);
  return { command: found.name, options: { [option.name]: text } };
}
