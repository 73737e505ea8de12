import { Command, CommanderError, InvalidArgumentError } from "commander";
import type { ApprovalsLogOptions } from "./commands/approvals.js";
import type { ConnectOptions } from "./commands/connect.js";
import type { EventsOptions } from "./commands/events.js";
import type { PairingLogOptions } from "./commands/pairing.js";
import type { SimulateOptions } from "./commands/simulate.js";
import type { ConfigOptions } from "./config/load.js";
import { helpFor, LESSONS, lessonText } from "./help.js";
import { knownSecrets } from "./known-secrets.js";
import { UsageError, UserError } from "./user-error.js";
import { version } from "./version.js";

const FAILED = 1;
const WRONG_USAGE = 2;

type Options = ConfigOptions & { readonly json?: boolean; readonly account?: string };

const program = new Command("milady")
  .description("Connects one agent to messaging platforms.")
  .version(version())
  .showHelpAfterError("Run with --help to see what there is.")
  .exitOverride()
  .helpCommand(false)
  .addHelpText(
    "after",
    `
Examples:
  milady start                              run what ./milady.json says; without any config, a demo
  milady connect telegram                   connect a real bot: asks for its token and writes ./milady.json
  milady simulate telegram                  chat with your bot here, to see what your policies do
  TELEGRAM_BOT_TOKEN=... milady start       run a Telegram bot without a config file
  milady status                             how every account is
  milady pairing approve telegram ABCD2345  let somebody in who was shown this code
  milady why last                           what became of the last message, and why

milady help <command> shows the examples of each.
Environment: MILADY_CONFIG_PATH, MILADY_STATE_DIR (default ~/.milady), MILADY_PORT (default 2138, loopback),
MILADY_WEBHOOK_PORT (default 2139), MILADY_WEBHOOK_BIND (default 127.0.0.1), MILADY_LOG=json, MILADY_LOG_LEVEL.
Exit codes: 0 done, 1 failed, 2 wrong usage.`,
  );

command(program, "start", "Run the host until Ctrl+C or SIGTERM.")
  .option("--character <file>", "who the agent is (JSON5); its connectors replace the config file's by id")
  .action(async (options: Options) => (await import("./commands/start.js")).start(options));

command(program, "connect", "Connect an account: ask for its credentials, check them, write the config.")
  .argument("<connector>", "such as telegram")
  .option("--account <name>", "add or change this account")
  .option("--token-stdin", "read the token from standard input instead of asking")
  .option("--dm-policy <policy>", "who may write in private: pairing (default), allowlist or open")
  .option("--allow-from <ids>", "sender ids that may write, separated by commas")
  .option("--replace", "replace credentials that are in the config already")
  .action(async (connector: string, options: ConnectOptions) =>
    (await import("./commands/connect.js")).connect(connector, options),
  );

command(program, "simulate", "Chat with the connector on a simulated platform, as any sender.")
  .argument("<connector>", "telegram or discord")
  .option("--as <sender>", "who writes: an id, or a name", "Ada")
  .option("--username <name>", "the sender's username")
  .option(
    "--group <group>",
    "write in this group, by id or title, instead of in private; on Discord SERVER/CHANNEL, SERVER or CHANNEL",
  )
  .option("--topic <topic>", "in this topic or thread of the group, by id or name")
  .option("--mention", "begin every line with the bot's name")
  .option("--sees-all", "Telegram: the bot sees every group message, as with privacy mode off at @BotFather")
  .option("--account <name>", "as this account of the config")
  .option("--character <file>", "who the agent is, as with start")
  .option("--json", "print one JSON object per line")
  .action(async (connector: string, options: SimulateOptions) =>
    (await import("./commands/simulate.js")).simulate(connector, options),
  );

command(program, "events", "List the newest events: who wrote, and what became of it.")
  .option("--limit <n>", "how many, 1 to 1000", "20")
  .option("--connector <id>", "only of this connector")
  .option("--account <name>", "only of this account")
  .option("--fate <fate>", "only with this fate, such as answered, held, ignored or dead")
  .option("--json", "print JSON")
  .action(async (options: EventsOptions) => (await import("./commands/events.js")).events(options));

command(program, "status", "Show every connector and account.")
  .option("--json", "print JSON")
  .action(async (options: Options) => (await import("./commands/status.js")).status(options));

const pairing = group("pairing", "Decide who may write to the agent in private.");
command(pairing, "list", "Show open requests and who is approved.")
  .option("--json", "print JSON")
  .action(async (options: Options) => (await import("./commands/pairing.js")).listPairing(options));
for (const verdict of ["approve", "deny"] as const) {
  command(
    pairing,
    verdict,
    verdict === "approve" ? "Let a sender in." : "Turn a request down; the sender may ask again.",
  )
    .argument("<connector>", "such as telegram")
    .argument("<code>", "the code that the sender was shown, or the request's id")
    .option("--account <name>", "only of this account")
    .option("--json", "print JSON")
    .action(async (connector: string, code: string, options: Options) => {
      const { approvePairing, denyPairing } = await import("./commands/pairing.js");
      await (verdict === "approve" ? approvePairing : denyPairing)(connector, code, options);
    });
}

command(pairing, "revoke", "Take an approval back.")
  .argument("<connector>", "such as telegram")
  .argument("<sender>", "the sender's id, as the list shows it")
  .option("--account <name>", "only of this account")
  .option("--json", "print JSON")
  .action(async (connector: string, sender: string, options: Options) =>
    (await import("./commands/pairing.js")).revokePairing(connector, sender, options),
  );
command(pairing, "log", "Show who was let in, refused or shut out.")
  .option("--limit <n>", "how many entries, 1 to 1000", "50")
  .option("--json", "print JSON")
  .action(async (options: PairingLogOptions) => (await import("./commands/pairing.js")).pairingLog(options));

const approvals = group("approvals", "Decide what the agent may do.");
command(approvals, "list", "Show what the agent asks for.")
  .option("--json", "print JSON")
  .action(async (options: Options) => (await import("./commands/approvals.js")).listApprovals(options));
for (const verdict of ["approve", "deny"] as const) {
  command(
    approvals,
    verdict,
    verdict === "approve" ? "Let the agent do it." : "Do not let it; the agent is told.",
  )
    .argument("<id>", "as the list shows it")
    .option("--json", "print JSON")
    .action(async (id: string, options: Options) => {
      const status = verdict === "approve" ? "approved" : "denied";
      await (await import("./commands/approvals.js")).decideApproval(id, status, options);
    });
}
command(approvals, "log", "Show what was decided, and by whom.")
  .option("--limit <n>", "how many entries, 1 to 1000", "50")
  .option("--json", "print JSON")
  .action(async (options: ApprovalsLogOptions) =>
    (await import("./commands/approvals.js")).approvalsLog(options),
  );

command(program, "why", "Show what became of a message: its fate, the rule that decided, and every send.")
  .argument("[event]", "an event's number, or last", eventNumber, "last")
  .option("--json", "print JSON")
  .action(async (event: number | "last", options: Options) =>
    (await import("./commands/why.js")).why(event, options),
  );

const deadLetters = group("dead-letters", "Messages and answers that failed for good.");
command(deadLetters, "list", "Show them.")
  .option("--json", "print JSON")
  .action(async (options: Options) => (await import("./commands/dead-letters.js")).listDeadLetters(options));
for (const verdict of ["retry", "drop"] as const) {
  command(deadLetters, verdict, verdict === "retry" ? "Try one again." : "Give one up for good.")
    .argument("<id>", "as the list shows it, such as operation:12")
    .option("--json", "print JSON")
    .action(async (id: string, options: Options) => {
      await (await import("./commands/dead-letters.js")).settleDeadLetter(id, verdict, options);
    });
}

const config = group("config", "Look at the config without running it.");
command(config, "check", "Tell every problem, one line each; fails when there is one.")
  .option("--character <file>", "a character whose connectors replace the config file's by id")
  .option("--json", "print JSON")
  .action(async (options: Options) => (await import("./commands/config.js")).checkConfigFile(options));
command(
  config,
  "show",
  "Show what every account runs with and where each value comes from; secrets are masked.",
)
  .option("--character <file>", "a character whose connectors replace the config file's by id")
  .option("--json", "print JSON")
  .action(async (options: Options) => (await import("./commands/config.js")).showConfig(options));
command(
  config,
  "schema",
  "Print the JSON Schema of a config file, with the connectors that are installed here.",
).action(async (options: Options) => (await import("./commands/config.js")).printSchema(options));
program
  .command("help", { hidden: true })
  .argument("[command...]")
  .action((words: readonly string[]) => helpFor(program, words));

/** Does what the command line says, and ends the process. */
export async function run(): Promise<never> {
  // A reader that went away (`| head`) is no reason to fail, and the host must outlive whoever read its log.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", ignoreClosedPipe);

  // What nobody catches ends the process as everything else that fails, and never shows a secret.
  process.on("uncaughtException", (error) => process.exit(report(error)));

  process.exitCode = await main();
  // What still runs after the work is done (a socket of an SDK that does not end) must not keep the process.
  process.exit();
}

async function main(): Promise<number> {
  try {
    await program.parseAsync();
    return 0;
  } catch (error) {
    return report(error);
  }
}

function command(parent: Command, name: string, description: string): Command {
  const lesson = LESSONS[parent === program ? name : `${parent.name()} ${name}`];
  return parent
    .command(name)
    .addHelpText("after", lesson === undefined ? "" : lessonText(lesson))
    .description(description)
    .option(
      "--config <file>",
      "config file; else MILADY_CONFIG_PATH, ./milady.json, or milady.json in the state directory",
    );
}

/** A command that holds others. */
function group(name: string, description: string): Command {
  const lesson = LESSONS[name];
  return program
    .command(name)
    .description(description)
    .helpCommand(false)
    .addHelpText("after", lesson === undefined ? "" : lessonText(lesson));
}

function report(error: unknown): number {
  // commander has written its message already; help and version come as errors with exit code 0.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : WRONG_USAGE;
  const lines =
    error instanceof UserError
      ? error.lines
      : [`unexpected: ${error instanceof Error ? error.message : String(error)}`];
  const say = (text: string) => process.stderr.write(`${knownSecrets.redact(text)}\n`);
  for (const line of lines) say(`error: ${line}`);
  const stacks = process.env["MILADY_LOG_LEVEL"] === "debug" || process.env["MILADY_LOG_LEVEL"] === "trace";
  if (error instanceof Error && stacks) say(error.stack ?? "");
  else if (!(error instanceof UserError))
    say("This is a fault of the program, not of yours. MILADY_LOG_LEVEL=debug shows where.");
  return error instanceof UsageError ? WRONG_USAGE : FAILED;
}

function eventNumber(value: string): number | "last" {
  if (value === "last") return value;
  if (!/^\d+$/.test(value)) throw new InvalidArgumentError('Give an event\'s number, or "last".');
  return Number(value);
}

function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
}
