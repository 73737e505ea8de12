import { z } from "zod";

const gate = (isOn: boolean, what: string) => z.boolean().default(isOn).describe(what);

/**
 * What the agent may do besides answering. On by default is what reads here, or makes and changes the bot's own things as every member may.
 * Off is what has power over others or over the whole server, since anybody who may talk to the agent could ask for that.
 */
const gates = z.strictObject({
  reactions: gate(
    true,
    "React to messages, take reactions back, see who reacted; adding also needs `reactionLevel` minimal or extensive.",
  ),
  stickers: gate(true, "Send stickers of the server, and list them."),
  emojiUploads: gate(
    false,
    "Make emoji of the server from files in messages. Off by default: what strangers send would be shown to everybody.",
  ),
  stickerUploads: gate(
    false,
    "Make stickers of the server from files in messages. Off by default: what strangers send would be shown to everybody.",
  ),
  polls: gate(true, "Send polls, end its own, read results."),
  permissions: gate(true, "See what the bot may do in a channel."),
  messages: gate(
    true,
    "Read this chat's messages; send, edit and delete the bot's own, never those of others.",
  ),
  threads: gate(true, "Begin threads of this channel, list them, archive them."),
  pins: gate(true, "Pin and unpin messages, list them; Discord also asks for the permission Pin Messages."),
  search: gate(true, "Search the messages of this channel; owners of the agent also those of the server."),
  memberInfo: gate(true, "Look members of the server up."),
  roleInfo: gate(true, "List the server's roles and what they may do."),
  roles: gate(
    false,
    "Give members roles and take them. Off by default: whoever talks the agent into it has the powers of that role.",
  ),
  channelInfo: gate(true, "Look up this channel and others of the server that the policy admits."),
  voiceStatus: gate(true, "See in which voice channel somebody is."),
  events: gate(
    false,
    "List, make and delete scheduled events. Off by default: the whole server sees them, and members may be notified.",
  ),
  moderation: gate(
    false,
    "Time members out, kick and ban them, delete messages of others. Off by default: it does harm that cannot be undone.",
  ),
  channels: gate(
    false,
    "Make, change and delete channels. Off by default: a deleted channel is gone with all its messages.",
  ),
  presence: gate(
    false,
    "Set the bot's status. Off by default: all servers and people see it, not only those who asked.",
  ),
});

export const actionFields = {
  actions: gates
    .prefault({})
    .describe("What the agent may do besides answering; an action whose key is false does not exist for it."),
};
