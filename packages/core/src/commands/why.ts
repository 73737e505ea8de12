import type { Store, StoredEvent, StoredOperation, StoredPart } from "../store/port.js";
import type { CommandCall, CommandsOptions } from "./commands.js";
import { counted, oneLine, timeOf } from "./text.js";

/** A shared session is looked through so far back for this chat's own messages. */
const MAX_LOOKED_AT = 500;

const ASKED_BEFORE = "command.why";

export async function why(
  { handle, event, stored, rest, isOwner }: CommandCall,
  { store }: Pick<CommandsOptions, "store">,
): Promise<string> {
  if (!isOwner) {
    const id = `${handle.connector.manifest.id}:${handle.current(event.sender.id)}`;
    return `/why is for my owners. Your id is ${id}; an owner is named in "owners" of my config.`;
  }
  if (rest === "") {
    const found = await previous(store, stored);
    return found === undefined ? "I know of no message before this one." : explain(store, found);
  }
  if (!/^\d+$/.test(rest))
    return "Write /why for the previous message, or /why with an event's number, such as /why 12.";
  const [found] = await store.events([Number(rest)]);
  return found?.identity === stored.identity
    ? explain(store, found)
    : `There is no event ${rest} of this account; it may have been removed for its age.`;
}

/** The newest message of the same chat, whatever became of it. */
async function previous(
  store: Store,
  { identity, session, lane, seq }: StoredEvent,
): Promise<StoredEvent | undefined> {
  let before = seq;
  for (let looked = 0, limit = 5; looked < MAX_LOOKED_AT; looked += limit, limit = 50) {
    const page = await store.recentEvents({ identity, session, before, limit });
    const found = page.find(
      (each) => each.lane === lane && isMessage(each) && each.decision.rule !== ASKED_BEFORE,
    );
    const last = page.at(-1);
    if (found !== undefined || last === undefined || page.length < limit) return found;
    before = last.seq;
  }
  return undefined;
}

function isMessage({ event: { kind } }: StoredEvent): boolean {
  return kind === "message" || kind === "command" || kind === "button";
}

async function explain(
  store: Store,
  { seq, event, receivedAt, attempts, decision }: StoredEvent,
): Promise<string> {
  const { fate, reason, rule, path } = decision;
  const operations = await store.operationsOfTurn(seq);
  return [
    `Event ${seq}: ${event.kind} of ${timeOf(receivedAt)}`,
    `Fate: ${fate}. ${oneLine(reason)}`,
    `Rule: ${rule}${path === undefined ? "" : `, from ${path}`}`,
    ...(attempts > 1 ? [`Attempts: ${attempts}`] : []),
    ...(operations.length === 0 ? ["Sends: none"] : ["Sends:", ...operations.flatMap(operationLines)]),
  ].join("\n");
}

function operationLines({ operation, state, reason, parts }: StoredOperation): readonly string[] {
  const why = reason === undefined ? "" : `, ${oneLine(reason)}`;
  return parts.length === 0 ? [`- ${operation.kind}: ${state}${why}`] : parts.map(partLine);
}

function partLine({ part, state, attempts, uncertain, result, error }: StoredPart): string {
  return [
    `- ${part.call}: ${state}`,
    ...(result?.message === undefined ? [] : [`as message ${result.message}`]),
    counted(attempts, "attempt"),
    ...(uncertain > 0 ? ["may be there more than once"] : []),
    ...(error === undefined ? [] : [oneLine(error)]),
  ].join(", ");
}
