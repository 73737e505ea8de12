import type { CommandCall, CommandsOptions } from "./commands.js";
import { RUNTIME_COMMANDS } from "./registry.js";

export function help(
  { handle, isOwner }: CommandCall,
  { overview }: Pick<CommandsOptions, "overview">,
): string {
  const { identity } = handle.owner;
  const name = overview.accounts().find((account) => account.identity === identity)?.name;
  const who = name === undefined ? "I am an AI agent" : `I am ${name}, an AI agent`;
  return [
    `${who} on ${handle.connector.manifest.name}. Write to me as you would write to a person.`,
    "",
    ...RUNTIME_COMMANDS.filter(({ audience }) => audience === "all" || isOwner).map(
      ({ name, description }) => `/${name}: ${description}`,
    ),
  ].join("\n");
}
