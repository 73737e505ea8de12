import type { CommandCall, CommandsOptions } from "./commands.js";
import { type Audience, RUNTIME_COMMANDS } from "./registry.js";

export function help(call: CommandCall, { overview }: Pick<CommandsOptions, "overview">): string {
  const { handle } = call;
  const { identity } = handle.owner;
  const name = overview.accounts().find((account) => account.identity === identity)?.name;
  const who = name === undefined ? "I am an AI agent" : `I am ${name}, an AI agent`;
  return [
    `${who} on ${handle.connector.manifest.name}. Write to me as you would write to a person.`,
    "",
    ...RUNTIME_COMMANDS.filter(({ audience }) => isFor(audience, call)).map(
      ({ name, description }) => `/${name}: ${description}`,
    ),
  ].join("\n");
}

function isFor(audience: Audience, { isOwner, isApprover }: CommandCall): boolean {
  return audience === "all" || (audience === "owners" ? isOwner : isApprover);
}
