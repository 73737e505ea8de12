import type { AccountStatus } from "../runtime-types.js";
import { isShared } from "../session/key.js";
import { historyLimit } from "../session/limits.js";
import type { CommandCall, CommandsOptions } from "./commands.js";
import { counted, oneLine, timeOf } from "./text.js";

/** Waiting things are counted up to here; the answer says when there are more. */
const MAX_COUNTED = 1_000;

type StatusOptions = Pick<CommandsOptions, "store" | "agent" | "overview">;

export async function status(call: CommandCall, options: StatusOptions): Promise<string> {
  return [
    "I am working.",
    ...(await conversation(call, options)),
    ...(call.isOwner ? ["", ...(await wholeRuntime(call, options))] : []),
  ].join("\n");
}

async function conversation(
  { handle, event, stored }: CommandCall,
  { store, agent }: StatusOptions,
): Promise<readonly string[]> {
  const { seq: before, session } = stored;
  const since = await store.sessionSince(session, { before });
  const limit = historyLimit(handle, event);
  return [
    agent.history === "own"
      ? "History: I keep a memory of my own."
      : `History: ${counted((await store.history(session, { before, limit })).length, "message")} of this conversation, of at most ${limit}.`,
    since === undefined ? "This session begins now." : `This session goes back to ${timeOf(since)}.`,
    ...(isShared(session) ? ["It is shared with other private chats, as my owner decided."] : []),
  ];
}

async function wholeRuntime(
  { stored }: CommandCall,
  { store, overview }: StatusOptions,
): Promise<readonly string[]> {
  const accounts = overview.accounts();
  const identities = accounts.flatMap(({ identity }) => identity ?? []);
  const events = await Promise.all(identities.map((each) => store.unfinished(each, 0, MAX_COUNTED)));
  const operations = await Promise.all(identities.map((each) => store.openOperations(each, 0, MAX_COUNTED)));
  const waiting = events.flat().filter(({ seq }) => seq !== stored.seq).length;
  const letters = await store.deadLetters(MAX_COUNTED);
  return [
    "Accounts:",
    ...accounts.map(accountLine),
    `Waiting: ${counted(waiting, "message", MAX_COUNTED)} to answer, ${counted(operations.flat().length, "operation", MAX_COUNTED)} to send`,
    `Dead letters: ${counted(letters.length, "", MAX_COUNTED)}`,
    `Pairing requests: ${await overview.pairingRequests()}`,
  ];
}

function accountLine({ connector, account, state, reason }: AccountStatus): string {
  return `- ${connector}/${account}: ${state}${reason === undefined ? "" : `, ${oneLine(reason)}`}`;
}
