import type { CommandCall, CommandsOptions } from "./commands.js";

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
    "/help: what I am and which commands I know",
    "/status: whether I work, and how much of this conversation I remember",
    "/new: start afresh; what was said here before is not used any more",
    ...(isOwner ? ["/why: what became of the previous message here; /why 12 for event 12"] : []),
  ].join("\n");
}
