import { z } from "zod";
import { RUNTIME_COMMANDS } from "../commands/registry.js";
import type { ConfigIssue } from "../contract/errors.js";
import { isRecord } from "./merge.js";

const shown = z.union([z.boolean(), z.literal("auto")]);

/** For connectors whose platform shows a menu of commands: spread it beside `commonFields`. */
export const commandFields = {
  commands: z
    .strictObject({
      native: shown
        .default("auto")
        .describe(
          "Show the runtime's own commands in the platform's menu: `auto` wherever there is one. They work when typed, whatever this says.",
        ),
      nativeSkills: shown
        .default("auto")
        .describe("Show what the agent can do, its skills, as commands: `auto` wherever there is a menu."),
    })
    .prefault({})
    .describe("What the platform's menu of commands shows besides `customCommands`."),
} as const;

/** What a platform's menu of commands bears. */
export interface MenuLimits {
  /** Commands in one menu. */
  readonly count: number;
  /** Longest name, in characters. */
  readonly name: number;
  /** Longest description, in characters. */
  readonly description: number;
  /** All names and descriptions of one menu together, in bytes of UTF-8. Absent: not bounded. */
  readonly bytes?: number;
}

/**
 * For connectors that show commands which the config names: spread it beside `commonFields`, and ask `customCommandIssues` in
 * `rules`. Whatever is common to all platforms is checked here: names are of `a-z`, `0-9` and `_`.
 */
export function customCommandFields({ name, description }: MenuLimits) {
  return {
    customCommands: z
      .array(
        z.strictObject({
          command: z
            .string()
            .transform((written) => written.trim().replace(/^\//, "").toLowerCase())
            .refine((command) => command !== "", { error: "must not be empty", abort: true })
            .refine((command) => /^[a-z0-9_]+$/.test(command), {
              error: 'may have letters a to z, digits and "_" only',
              abort: true,
            })
            .refine((command) => command.length <= name, { error: `must have at most ${name} characters` })
            .describe("Its name, with or without the slash; what people type, and the name of the event."),
          description: z
            .string()
            .trim()
            .refine((text) => text !== "", { error: "must not be empty: people read it in the menu" })
            .refine((text) => [...text].length <= description, {
              error: `must have at most ${description} characters`,
            })
            .describe("What the menu says of it."),
        }),
      )
      .default([])
      .describe("Commands of your own in the platform's menu; the agent gets them as `command` events."),
  };
}

export interface CustomCommand {
  readonly command: string;
  readonly description: string;
}

interface CommandsConfig {
  readonly customCommands: readonly CustomCommand[];
  readonly commands: { readonly native: boolean | "auto" };
}

/** What is wrong with an account's commands as a whole, with paths relative to its block. */
export function customCommandIssues(
  { customCommands, commands }: CommandsConfig,
  limits: MenuLimits,
): readonly ConfigIssue[] {
  if (customCommands.length === 0) return [];
  const issues: ConfigIssue[] = customCommands.flatMap(({ command }, index) => {
    const first = customCommands.findIndex((each) => each.command === command);
    const message = `is /${command}, which customCommands.${first}.command is already`;
    return first === index ? [] : [{ path: `customCommands.${index}.command`, message }];
  });
  const native = commands.native === false ? [] : RUNTIME_COMMANDS;
  const beside = native.length === 0 ? "" : ` beside the runtime's own ${native.length} (commands.native)`;
  const room = limits.count - native.length;
  if (customCommands.length > room)
    issues.push({
      path: "customCommands",
      message: `has ${customCommands.length} commands, and one menu has room for ${room}${beside}`,
    });
  const taken = menuBytes(native);
  const bytes = menuBytes(customCommands.map(({ command: name, description }) => ({ name, description })));
  if (limits.bytes !== undefined && bytes > limits.bytes - taken)
    issues.push({
      path: "customCommands",
      message: `has names and descriptions of ${bytes} bytes together, and one menu has room for ${limits.bytes - taken}${beside}; shorten the descriptions`,
    });
  return issues;
}

/** Names and descriptions together, in bytes of UTF-8. */
export function menuBytes(
  commands: readonly { readonly name: string; readonly description: string }[],
): number {
  return commands.reduce((sum, each) => sum + Buffer.byteLength(each.name + each.description), 0);
}

/** Names that the runtime answers itself, so that the agent would never hear of them. */
export function reservedCommandIssues(config: unknown, locate: (path: string) => string): ConfigIssue[] {
  const customs: unknown = isRecord(config) ? config["customCommands"] : undefined;
  if (!Array.isArray(customs)) return [];
  return customs.flatMap((custom: unknown, index) => {
    const name = isRecord(custom) ? custom["command"] : undefined;
    if (!RUNTIME_COMMANDS.some((each) => each.name === name)) return [];
    const message = `is /${String(name)}, which the runtime answers itself; take another name, or hand all commands to the agent (commands: false at the top of the config)`;
    return [{ path: `${locate("customCommands")}.${index}.command`, message }];
  });
}
