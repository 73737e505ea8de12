import { z } from "zod";

const gate = (isOn: boolean, what: string) => z.boolean().default(isOn).describe(what);

/**
 * What the agent may do besides answering. On by default is what makes or changes the bot's own messages only, or reads; off what changes the
 * chat for everybody in it, since anybody who may talk to the agent could ask for that.
 */
const gates = z.strictObject({
  sendMessage: gate(true, "Send messages, files, locations and contacts beside the answer."),
  editMessage: gate(true, "Change the text of the bot's own messages."),
  deleteMessage: gate(true, "Delete the bot's own messages; never those of others, whatever rights it has."),
  sticker: gate(true, "Send stickers that it has seen."),
  reactions: gate(true, "React to messages; also needs `reactionLevel` minimal or extensive."),
  polls: gate(true, "Send polls and quizzes, stop them and read their results; votes come as events."),
  pins: gate(
    false,
    "Pin and unpin messages. Off by default: a pin changes the chat for everybody in it, and anybody could ask for it.",
  ),
  topics: gate(
    false,
    "Make, rename, close and reopen forum topics. Off by default: it changes the group for everybody in it.",
  ),
  memberInfo: gate(true, "Look up a member of the chat."),
  channelInfo: gate(true, "Look up the chat: title, description, number of members, administrators."),
});

export const actionFields = {
  actions: gates
    .prefault({})
    .describe("What the agent may do besides answering; an action whose key is false does not exist for it."),
};
