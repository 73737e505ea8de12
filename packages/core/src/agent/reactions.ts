import type { AccountHandle } from "../connection/handle.js";
import type { InboundEvent } from "../contract/event.js";
import type { Decision } from "../contract/fate.js";
import type { Store } from "../store/port.js";

/** Whether the agent may react by itself. */
export function mayReact({ config: { reactionLevel } }: AccountHandle): boolean {
  return reactionLevel !== "off" && reactionLevel !== "ack";
}

/** What becomes of a reaction that the agent is not to learn of; undefined for every other event. */
export async function unwantedReaction(
  store: Store,
  handle: AccountHandle,
  event: InboundEvent,
): Promise<Decision | undefined> {
  const { reactionNotifications: wanted } = handle.config;
  if (event.kind !== "reaction" || wanted === undefined || wanted === "all") return undefined;
  const path = handle.locate("reactionNotifications");
  if (wanted === "off")
    return { fate: "ignored", reason: "Reactions are switched off.", rule: "reaction.off", path };
  const { chat, message = "" } = event.address;
  const made = await store.operationOfMessage(handle.owner.identity, handle.current(chat), message);
  if (made !== undefined) return undefined;
  return {
    fate: "ignored",
    reason: "A reaction to a message that is not known to be the agent's own.",
    rule: "reaction.other",
    path,
  };
}
