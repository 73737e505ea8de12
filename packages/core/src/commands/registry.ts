/** Who may use a command: everybody whom policy admits, people whom the config's `owners` names, or those who decide about approvals, owners among them. */
export type Audience = "all" | "owners" | "approvers";

interface RuntimeCommand {
  /** Lower case letters only. */
  readonly name: string;
  /** What `/help` and a platform's menu say of it. */
  readonly description: string;
  readonly audience: Audience;
}

const COMMANDS = [
  { name: "help", description: "what I am and which commands I know", audience: "all" },
  {
    name: "status",
    description: "whether I work, and how much of this conversation I remember",
    audience: "all",
  },
  {
    name: "new",
    description: "start afresh; what was said here before is not used any more",
    audience: "all",
  },
  {
    name: "why",
    description: "what became of the previous message here; /why 12 for event 12",
    audience: "owners",
  },
  {
    name: "approve",
    description: "let the agent do what it asks for, with the code that you were sent",
    audience: "approvers",
  },
  {
    name: "deny",
    description: "do not let the agent do what it asks for, with the code that you were sent",
    audience: "approvers",
  },
] as const satisfies readonly RuntimeCommand[];

export type CommandName = (typeof COMMANDS)[number]["name"];

/** The commands that the runtime answers itself, in the order in which they are shown. */
export const RUNTIME_COMMANDS: readonly (RuntimeCommand & { readonly name: CommandName })[] = COMMANDS;
