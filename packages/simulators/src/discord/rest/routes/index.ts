import type { Route } from "../route.js";
import { accountRoutes } from "./account.js";
import { channelRoutes } from "./channels.js";
import { guildRoutes } from "./guilds.js";
import { memberRoutes } from "./members.js";
import { messageRoutes } from "./messages.js";
import { reactionRoutes } from "./reactions.js";

/** The first that fits takes the call: a fixed path stands before one with an id in its place. */
const ALL: readonly Route[] = [
  ...accountRoutes,
  ...channelRoutes,
  ...messageRoutes,
  ...reactionRoutes,
  ...guildRoutes,
  ...memberRoutes,
];

export function findRoute(
  verb: string,
  path: string,
): { route: Route; params: Map<string, string> } | undefined {
  for (const route of ALL) {
    if (route.verb !== verb) continue;
    const match = route.path.exec(path);
    if (match === null) continue;
    const params = new Map(route.keys.map((key, index) => [key, decodeURIComponent(match[index + 1] ?? "")]));
    return { route, params };
  }
  return undefined;
}
