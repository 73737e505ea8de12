import type { Route } from "../route.js";
import { accountRoutes } from "./account.js";
import { channelRoutes } from "./channels.js";
import { commandRoutes } from "./commands.js";
import { eventRoutes } from "./events.js";
import { expressionRoutes } from "./expressions.js";
import { guildRoutes } from "./guilds.js";
import { interactionRoutes } from "./interactions.js";
import { memberRoutes } from "./members.js";
import { messageRoutes } from "./messages.js";
import { pinRoutes } from "./pins.js";
import { pollRoutes } from "./polls.js";
import { reactionRoutes } from "./reactions.js";
import { roleRoutes } from "./roles.js";
import { searchRoutes } from "./search.js";
import { threadRoutes } from "./threads.js";
import { webhookRoutes } from "./webhooks.js";

/** The first that fits takes the call: a fixed path stands before one with an id in its place. */
const ALL: readonly Route[] = [
  ...accountRoutes,
  ...interactionRoutes,
  ...webhookRoutes,
  ...commandRoutes,
  ...pinRoutes,
  ...channelRoutes,
  ...threadRoutes,
  ...messageRoutes,
  ...reactionRoutes,
  ...roleRoutes,
  ...searchRoutes,
  ...pollRoutes,
  ...expressionRoutes,
  ...eventRoutes,
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
