import type { Action, Address } from "@elizaos/connector-core";
import { lookupActions } from "./lookups.js";
import { messageActions } from "./messages.js";
import { pinActions } from "./pins.js";
import { pollActions } from "./polls.js";
import { reactionActions } from "./reactions.js";
import { thingActions } from "./things.js";
import type { Tools } from "./tools.js";
import { topicActions } from "./topics.js";

export type { Request } from "./tools.js";

/** What an agent may do in a chat besides answering, as `actions` of the config allows. */
export function actionsAt(to: Address, tools: Tools): readonly Action[] {
  return [
    ...messageActions(tools),
    ...thingActions(tools),
    ...reactionActions(tools),
    ...pollActions(tools),
    ...pinActions(tools),
    ...topicActions(tools, to),
    ...lookupActions(tools),
  ];
}
