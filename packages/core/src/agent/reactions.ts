import type { AccountHandle } from "../connection/handle.js";
import type { GroupSettings } from "../contract/connector.js";
import type { InboundEvent } from "../contract/event.js";
import type { Decision } from "../contract/fate.js";
import { isOnList, matches } from "../policy/decide.js";
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
  if (event.kind !== "reaction") return undefined;
  const group = event.chat.kind === "dm" ? {} : handle.groupSettings(event);
  const wanted = group.reactionNotifications?.value ?? handle.config.reactionNotifications;
  const path = handle.locate(group.reactionNotifications?.path ?? "reactionNotifications");
  switch (wanted) {
    case undefined:
    case "all":
      return undefined;
    case "off":
      return { fate: "ignored", reason: "Reactions are switched off.", rule: "reaction.off", path };
    case "allowlist":
      return unlistedReaction(handle, event, group);
    case "own":
      break;
  }
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

/** The list is `reactionAllowlist`, where there is one; else who is on the group's list or in `allowFrom`. */
function unlistedReaction(
  handle: AccountHandle,
  event: InboundEvent,
  group: GroupSettings,
): Decision | undefined {
  const { allowFrom, reactionAllowlist } = handle.config;
  const current = (id: string) => handle.current(id);
  const isListed = matches(event.sender, reactionAllowlist ?? allowFrom, current);
  if (isListed || (reactionAllowlist === undefined && isOnList({ event, group, current }))) return undefined;
  const list = reactionAllowlist === undefined ? (group.allowFrom ?? group.roles)?.path : "reactionAllowlist";
  return {
    fate: "ignored",
    reason: "A reaction of somebody who is on no list.",
    rule: "reaction.allowlist",
    path: handle.locate(list ?? "allowFrom"),
  };
}
