import type { AccountHandle } from "../connection/handle.js";
import type { InboundEvent } from "../contract/event.js";
import type { Decision, Fate } from "../contract/fate.js";
import type { Store, StoredEvent } from "../store/port.js";

/** Turns that bots may begin in a session, one after another, while no person says anything there. */
const MAX_IN_A_ROW = 5;
/** Events of a session that are looked at; what lies further back is not counted. */
const MAX_LOOKED_AT = 500;
const PAGE = 50;

/** Fates of what policy kept out, or has not looked at yet. */
const UNHEARD: ReadonlySet<Fate> = new Set(["accepted", "held", "ignored", "expired"]);

const RULE = "sender.bot.loop";

export interface LoopGuardOptions {
  readonly handle: AccountHandle;
  readonly stored: Pick<StoredEvent, "seq" | "session">;
  /** The event, as it is judged. */
  readonly event: InboundEvent;
  readonly decision: Decision;
}

/**
 * Ends conversations of bots among themselves. Where bots are let in, two agents that answer each other would never stop: after some
 * turns in a row a bot's message is kept as context, until a person says something. What a session came to is read from the store, so
 * that a restart changes nothing.
 */
export async function withoutBotLoop(
  store: Pick<Store, "recentEvents">,
  { handle, stored, event, decision }: LoopGuardOptions,
): Promise<Decision> {
  if (decision.fate !== "admitted" || event.sender.isBot !== true) return decision;
  if (!(await isLooping(store, stored))) return decision;
  return {
    fate: "context",
    reason: `Bots had ${MAX_IN_A_ROW} turns in a row here; the next one is a person's.`,
    rule: RULE,
    path: handle.locate("allowBots"),
  };
}

async function isLooping(
  store: Pick<Store, "recentEvents">,
  { seq, session }: LoopGuardOptions["stored"],
): Promise<boolean> {
  let before = seq;
  let turns = 0;
  for (let looked = 0; looked < MAX_LOOKED_AT; looked += PAGE) {
    const page = await store.recentEvents({ session, before, limit: PAGE });
    for (const each of page) {
      if (isPersons(each)) return false;
      if (each.decision.rule === RULE) return true;
      if (isBotsTurn(each)) turns += 1;
      if (turns >= MAX_IN_A_ROW) return true;
    }
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return false;
    before = last.seq;
  }
  return false;
}

/** Somebody wrote, or pressed a button, and was let in. */
function isPersons({ event: { kind, sender }, decision: { fate } }: StoredEvent): boolean {
  const isSaid = kind === "message" || kind === "command" || kind === "button";
  return isSaid && sender.isBot !== true && !UNHEARD.has(fate);
}

function isBotsTurn({ event: { sender }, decision: { fate } }: StoredEvent): boolean {
  return sender.isBot === true && fate !== "context" && !UNHEARD.has(fate);
}
