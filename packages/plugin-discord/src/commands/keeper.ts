import { isDeepStrictEqual } from "node:util";
import { AuthError, type ConnectionContext, ConnectorError } from "@elizaos/connector-core";
import { ApplicationCommandType, Routes } from "discord-api-types/v10";
import { z } from "zod";
import { patiently } from "../patience.js";
import type { Rest } from "../rest.js";
import type { SlashCommand, WantedCommands } from "./wanted.js";

/** That commands were registered from here is remembered under this, so that they can be taken away again. */
const STATE = "commands";
const NOTE = "commands";

const knownSchema = z.array(z.looseObject({ type: z.int().default(ApplicationCommandType.ChatInput) }));

/** Sorted, since their order means nothing. */
const numbers = z
  .array(z.int())
  .nullish()
  .transform((list) => list?.toSorted((a, b) => a - b));

/** What makes a command differ from another one. */
const comparedSchema = z.object({
  name: z.string(),
  description: z.string(),
  options: z
    .array(
      z.object({
        type: z.int(),
        name: z.string(),
        description: z.string(),
        required: z.boolean().default(false),
      }),
    )
    .default([]),
  default_member_permissions: z.string().nullable().default(null),
  contexts: numbers,
  integration_types: numbers,
});

export interface CommandKeeperOptions {
  readonly application: string;
  readonly wanted: WantedCommands;
  readonly rest: Rest;
  readonly context: Pick<ConnectionContext, "state" | "note" | "log" | "clock">;
  readonly signal: AbortSignal;
}

/** Brings an application's slash commands to what the config wants. Nothing waits for it, and its failures hold up nothing. */
export interface CommandKeeper {
  /** Starts the work, once. */
  begin(): void;
  /** Resolves when the work is over, after the signal was aborted at the latest. Never rejects. */
  ended(): Promise<void>;
}

export function keepCommands(options: CommandKeeperOptions): CommandKeeper {
  const { context, signal } = options;
  let work: Promise<void> | undefined;
  return {
    begin() {
      work ??= keep(options).catch((error: unknown) => {
        // Whoever listens to the gateway finds out about a refused token as well, and says so.
        if (signal.aborted || error instanceof AuthError) return;
        if (ConnectorError.isInstance(error))
          context.note(NOTE, `Discord's menu of commands is not as it should be. ${error.message}`);
        else context.log.error({ err: error }, "the slash commands could not be kept");
      });
    },
    ended: async () => work,
  };
}

async function keep({ application, wanted, rest, context, signal }: CommandKeeperOptions): Promise<void> {
  const { commands, leftOut } = wanted;
  if (leftOut.length > 0) {
    const note = `Discord's menu of commands has no room for the skills ${leftOut.join(", ")}; they work when typed`;
    context.note("commands.room", note);
  }
  const isOurs = (await context.state.get(STATE)) !== undefined;
  if (commands.length === 0 && !isOurs) return;
  const route = Routes.applicationCommands(application);
  const patience = { clock: context.clock, signal };
  const known = await patiently(
    () => rest.call({ call: "GET commands", method: "GET", route, signal }),
    patience,
  );
  const there = knownSchema.parse(known);
  const slash = there.filter(({ type }) => type === ApplicationCommandType.ChatInput);
  if (!isSame(slash, commands)) {
    // Before the call, so that a crash after it leaves no command that nobody remembers.
    if (!isOurs) await context.state.batch([{ key: STATE, value: true }]);
    // Commands of the menus of users and messages, and an activity's own, are of somebody else's making; a list without them deletes them.
    const body = [...commands, ...there.filter((command) => !slash.includes(command))];
    await patiently(() => rest.call({ call: "PUT commands", method: "PUT", route, body, signal }), patience);
  }
  if (commands.length === 0) await context.state.batch([{ key: STATE, value: undefined }]);
}

function isSame(there: readonly unknown[], wanted: readonly SlashCommand[]): boolean {
  return isDeepStrictEqual(compared(there), compared(wanted));
}

function compared(commands: readonly unknown[]) {
  return commands.map((command) => comparedSchema.parse(command)).sort((a, b) => (a.name < b.name ? -1 : 1));
}
