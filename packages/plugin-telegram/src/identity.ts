import type { Identity } from "@elizaos/connector-core";
import type { Bot } from "./inbound/index.js";

/** How core knows a bot. */
export function identityOf({ id, username }: Bot): Identity {
  return { id, name: `@${username}` };
}

export function botOf({ id, name = "" }: Identity): Bot {
  return { id, username: name.replace(/^@/, "") };
}
