import type { Command } from "commander";

/** What a command's help shows below its options. */
export interface Lesson {
  /** What is typed, and what that does. */
  readonly examples: readonly (readonly [command: string, meaning: string])[];
  /** What to do afterwards. */
  readonly next?: string;
}

/** By the words of the command. */
export const LESSONS: Readonly<Record<string, Lesson>> = {
  start: {
    examples: [
      ["milady start", "run what ./milady.json says; without any config, a demo"],
      ["milady start --config bots/work.json", "run another config"],
      ["TELEGRAM_BOT_TOKEN=... milady start", "run a Telegram bot without a config file"],
    ],
    next: "Write to the bot. In another terminal: milady status, milady pairing list.",
  },
  connect: {
    examples: [
      ["milady connect telegram", "ask for the bot's token, check it and write it to ./milady.json"],
      ["milady connect telegram --account work", "add a second bot"],
      ["milady connect telegram --token-stdin < token.txt", "take the token from a file, for scripts"],
    ],
    next: "Run it with milady start. A host that runs already must be restarted.",
  },
  simulate: {
    examples: [
      ["milady simulate telegram", "chat with the bot in private, as a stranger"],
      ["milady simulate telegram --as 42 --username ada", "as the sender with the id 42"],
      [
        "milady simulate telegram --group -1001234567890 --mention",
        "in a group, mentioning the bot in every line",
      ],
      ["milady simulate discord --group Team/help", "in the channel #help of the server Team"],
      ["echo Hello | milady simulate telegram --json", "one line, and everything that came of it as JSON"],
    ],
    next: "Each line says what became of it and by which rule. Change that in the config and simulate again.",
  },
  config: {
    examples: [
      ["milady config check", "every problem of the config, before a host runs it"],
      ["milady config show", "what every account runs with, and where each value comes from"],
    ],
  },
  "config check": {
    examples: [
      ["milady config check", "every problem, one line each; exit code 1 when there is one"],
      ["milady config check --config bots/work.json", "of another file"],
    ],
  },
  "config show": {
    examples: [
      ["milady config show", "effective values with their origin, secrets masked"],
      ["milady config show --json", "for scripts"],
    ],
  },
  "config schema": {
    examples: [
      ["milady config schema > milady.schema.json", "for editors that complete and check the config"],
    ],
  },
  status: {
    examples: [
      ["milady status", "every account: how it is, why, and what to do"],
      ["milady status --json", "for scripts; all 28 connectors"],
    ],
    next: "A message that was not answered: milady why last.",
  },
  events: {
    examples: [
      ["milady events", "the newest 20"],
      ["milady events --fate ignored --limit 50", "what policy kept out"],
      ["milady events --connector telegram --account work", "of one account"],
    ],
    next: "All of one event, with its sends: milady why <number>.",
  },
  why: {
    examples: [
      ["milady why", "the last event: its fate, the rule and config path that decided, every send"],
      ["milady why 17", "event 17, as milady events numbers it"],
    ],
    next: "Change the config at the path that the rule names, and restart the host.",
  },
  pairing: {
    examples: [
      ["milady pairing list", "who asks, and who is let in"],
      ["milady pairing approve telegram ABCD2345", "let somebody in who was shown this code"],
    ],
  },
  "pairing list": {
    examples: [["milady pairing list", "open requests with their ids, and who is approved"]],
    next: "milady pairing approve or deny <connector> <request id>.",
  },
  "pairing approve": {
    examples: [
      [
        "milady pairing approve telegram ABCD2345",
        "by the code that the sender was shown, or the request's id",
      ],
      ["milady pairing approve telegram ABCD2345 --account work", "of one account only"],
    ],
    next: "The sender writes again: what was written before is not delivered.",
  },
  "pairing deny": {
    examples: [["milady pairing deny telegram ABCD2345", "the sender may ask again"]],
  },
  "pairing revoke": {
    examples: [["milady pairing revoke telegram 42", "the sender with the id 42 is a stranger again"]],
    next: "It holds from the next message on; who stands in allowFrom still may write.",
  },
  "pairing log": {
    examples: [["milady pairing log --limit 100", "who was let in, refused or shut out, when and by whom"]],
  },
  approvals: {
    examples: [
      ["milady approvals list", "what the agent asks for, with the whole input"],
      ["milady approvals approve 3f2a9c1d5e7b8a60", "let the agent do it"],
    ],
    next: "Who is asked besides, and for what: execApprovals of an account.",
  },
  "approvals list": {
    examples: [["milady approvals list", "what waits for a decision, and when it ends"]],
    next: "milady approvals approve or deny <id>.",
  },
  "approvals approve": {
    examples: [
      ["milady approvals approve 3f2a9c1d5e7b8a60", "once; the agent is told, also after a restart"],
    ],
    next: "milady approvals log shows it.",
  },
  "approvals deny": {
    examples: [["milady approvals deny 3f2a9c1d5e7b8a60", "nothing is done, and the agent is told"]],
  },
  "approvals log": {
    examples: [["milady approvals log --limit 100", "what was decided, when, by whom and by which way"]],
  },
  "dead-letters": {
    examples: [["milady dead-letters list", "messages and answers that failed for good"]],
  },
  "dead-letters list": {
    examples: [["milady dead-letters list", "each with its id and the reason"]],
    next: "milady dead-letters retry <id>, or drop <id>.",
  },
  "dead-letters retry": {
    examples: [["milady dead-letters retry operation:12", "send what was not sent"]],
    next: "milady dead-letters list shows whether it failed again.",
  },
  "dead-letters drop": {
    examples: [["milady dead-letters drop operation:12", "it is never sent"]],
  },
};

/** The text for `addHelpText("after", …)`. */
export function lessonText({ examples, next }: Lesson): string {
  const widest = Math.max(...examples.map(([command]) => command.length));
  return [
    "",
    "Examples:",
    ...examples.map(([command, meaning]) => `  ${command.padEnd(widest)}  ${meaning}`),
    ...(next === undefined ? [] : ["", `Next: ${next}`]),
  ].join("\n");
}

/** `milady help <command>`, also of a command inside another. */
export function helpFor(program: Command, words: readonly string[]): void {
  let found = program;
  for (const word of words) {
    const next = found.commands.find((each) => each.name() === word);
    // Parsing what was asked for gives commander's own message, with the nearest command.
    if (next === undefined) {
      found.parse([word], { from: "user" });
      return;
    }
    found = next;
  }
  found.outputHelp();
}
