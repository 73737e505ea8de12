import { type Action, defineAction, ofThisChat } from "@elizaos/connector-core";
import { Routes } from "discord-api-types/v10";
import { z } from "zod";
import { userSchema } from "../inbound/wire.js";
import { emojiParam, isEmoji } from "../reactions.js";
import { snowflake, thisOrMessage } from "./input.js";
import { here } from "./places.js";
import { shownMessageSchema, showReaction, showUser } from "./show.js";
import { ask, type Tools } from "./tools.js";

/** Discord: "Get Reactions". */
const MAX_USERS = 100;
const DEFAULT_USERS = 25;

const emoji = z
  .string()
  .refine(isEmoji, { error: "is no emoji. One of a server's own is written as name:id" })
  .describe("An emoji such as 👍, or one of a server's own as name:id.");

const addInput = z.strictObject({ message: thisOrMessage, emoji });
const removeInput = z.strictObject({
  message: thisOrMessage,
  emoji: emoji.optional().describe("The emoji to take back. Leave it out for all of yours."),
});
const listInput = z.strictObject({
  message: thisOrMessage,
  emoji: emoji
    .optional()
    .describe("Tells who reacted with this one. Leave it out for all emoji and their number."),
  after: snowflake.optional().describe("Goes on after the person with this id."),
  limit: z
    .int()
    .min(1)
    .max(MAX_USERS)
    .default(DEFAULT_USERS)
    .describe(`How many people, up to ${MAX_USERS}.`),
});

export function reactionActions(tools: Tools): readonly Action[] {
  const { actions, reactionLevel } = tools.config;
  if (!actions.reactions) return [];
  const add = defineAction({
    name: "reactions.add",
    description: "Reacts to a message of this chat with an emoji, besides those that are there.",
    capability: "reactions",
    input: addInput,
    async run({ message, emoji }, turn) {
      const to = ofThisChat(turn, message);
      await turn.perform({ kind: "react", to, emoji });
      return { message: to.message, emoji };
    },
  });
  const remove = defineAction({
    name: "reactions.remove",
    description: "Takes your own reactions on a message of this chat back.",
    capability: "reactions",
    input: removeInput,
    async run({ message, emoji }, turn) {
      const to = ofThisChat(turn, message);
      if (emoji === undefined) await turn.perform({ kind: "react", to, emoji: null });
      else
        await tools.rest.call({
          call: "DELETE own reaction",
          method: "DELETE",
          route: Routes.channelMessageOwnReaction(await here(tools, turn), to.message, emojiParam(emoji)),
          signal: turn.signal,
        });
      return { message: to.message, removed: emoji ?? "all" };
    },
  });
  const list = defineAction({
    name: "reactions.list",
    description: "Tells the reactions on a message of this chat, or who reacted with an emoji.",
    input: listInput,
    async run({ message, emoji, after, limit }, turn) {
      const to = ofThisChat(turn, message);
      const channel = await here(tools, turn);
      const { signal } = turn;
      if (emoji === undefined) {
        const { reactions } = await ask(tools, shownMessageSchema, {
          call: "GET channel message",
          method: "GET",
          route: Routes.channelMessage(channel, to.message),
          signal,
        });
        return { message: to.message, reactions: reactions.map(showReaction) };
      }
      const users = await ask(tools, z.array(userSchema), {
        call: "GET reactions",
        method: "GET",
        route: Routes.channelMessageReaction(channel, to.message, emojiParam(emoji)),
        query: new URLSearchParams({ limit: String(limit), ...(after === undefined ? {} : { after }) }),
        signal,
      });
      return { message: to.message, emoji, users: users.map((user) => showUser(user)) };
    },
  });
  const mayReact = reactionLevel === "minimal" || reactionLevel === "extensive";
  return [...(mayReact ? [add] : []), remove, list];
}
