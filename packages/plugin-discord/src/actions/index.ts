import type { Action, Address } from "@elizaos/connector-core";
import { channelInfoActions, serverChannelActions } from "./channels.js";
import { emojiActions } from "./emojis.js";
import { eventActions } from "./events.js";
import { memberActions } from "./members.js";
import { messageActions } from "./messages.js";
import { moderationActions } from "./moderation.js";
import { permissionActions } from "./permissions.js";
import { pinActions } from "./pins.js";
import { pollActions } from "./polls.js";
import { presenceActions } from "./presence.js";
import { reactionActions } from "./reactions.js";
import { roleActions, roleInfoActions } from "./roles.js";
import { searchActions } from "./search.js";
import { stickerActions } from "./stickers.js";
import { threadActions } from "./threads.js";
import type { Tools } from "./tools.js";
import { uploadActions } from "./uploads.js";
import { voiceActions } from "./voice.js";

/** What an agent may do there besides answering, as `actions` of the config allows. */
export function actionsAt(to: Address, tools: Tools): readonly Action[] {
  return [
    ...messageActions(tools),
    ...reactionActions(tools),
    ...pollActions(tools),
    ...pinActions(tools),
    ...channelInfoActions(tools),
    ...presenceActions(tools),
    ...(to.space === undefined ? [] : serverActions({ ...to, space: to.space }, tools)),
  ];
}

/** What private chats have nothing of. */
function serverActions(to: Address & { readonly space: string }, tools: Tools): readonly Action[] {
  const { space: server } = to;
  return [
    ...threadActions(tools, to),
    ...searchActions(tools, server),
    ...emojiActions(tools, server),
    ...stickerActions(tools, server),
    ...uploadActions(tools, server),
    ...permissionActions(tools, server),
    ...memberActions(tools, server),
    ...roleInfoActions(tools, server),
    ...roleActions(tools, server),
    ...serverChannelActions(tools, to),
    ...voiceActions(tools, server),
    ...eventActions(tools, server),
    ...moderationActions(tools, server),
  ];
}
