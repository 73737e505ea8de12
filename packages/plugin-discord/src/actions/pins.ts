import { type Action, defineAction, ofThisChat } from "@elizaos/connector-core";
import { Routes } from "discord-api-types/v10";
import { z } from "zod";
import { because, messageId, reason, thisOrMessage } from "./input.js";
import { here } from "./places.js";
import { listMessage, shownMessageSchema } from "./show.js";
import { ask, type Tools } from "./tools.js";

/** Discord: "Get Channel Pins". */
const MAX_PINS = 50;
const DEFAULT_PINS = 20;

const addInput = z.strictObject({ message: thisOrMessage, reason });
const removeInput = z.strictObject({
  message: messageId.describe("Id of a pinned message of this chat."),
  reason,
});
const listInput = z.strictObject({
  limit: z.int().min(1).max(MAX_PINS).default(DEFAULT_PINS).describe(`How many messages, up to ${MAX_PINS}.`),
  before: z.iso
    .datetime({ offset: true })
    .optional()
    .describe("Only what was pinned before this time, as `pinnedAt` of the last one of a list."),
});

const pinsSchema = z.object({
  items: z.array(z.object({ pinned_at: z.string(), message: shownMessageSchema })),
  has_more: z.boolean(),
});

export function pinActions(tools: Tools): readonly Action[] {
  if (!tools.config.actions.pins) return [];
  const add = defineAction({
    name: "pins.add",
    description: "Pins a message of this chat, so that everybody finds it among the pinned ones.",
    input: addInput,
    async run({ message, reason }, turn) {
      const to = ofThisChat(turn, message);
      await tools.rest.call({
        call: "PUT pin",
        method: "PUT",
        route: Routes.channelMessagesPin(await here(tools, turn), to.message),
        signal: turn.signal,
        ...because(reason),
      });
      return { pinned: to.message };
    },
  });
  const remove = defineAction({
    name: "pins.remove",
    description: "Unpins a message of this chat.",
    input: removeInput,
    async run({ message, reason }, turn) {
      await tools.rest.call({
        call: "DELETE pin",
        method: "DELETE",
        route: Routes.channelMessagesPin(await here(tools, turn), message),
        signal: turn.signal,
        ...because(reason),
      });
      return { unpinned: message };
    },
  });
  const list = defineAction({
    name: "pins.list",
    description: "Tells the pinned messages of this chat, the one that was pinned last first.",
    input: listInput,
    async run({ limit, before }, turn) {
      const { items, has_more: more } = await ask(tools, pinsSchema, {
        call: "GET pins",
        method: "GET",
        route: Routes.channelMessagesPins(await here(tools, turn)),
        query: new URLSearchParams({ limit: String(limit), ...(before === undefined ? {} : { before }) }),
        signal: turn.signal,
      });
      const context = { ...tools, server: turn.to.space };
      return {
        messages: items.map(({ pinned_at: pinnedAt, message }) => ({
          ...listMessage(message, context),
          pinnedAt,
        })),
        more,
      };
    },
  });
  return [add, remove, list];
}
