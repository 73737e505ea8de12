import { type Action, defineAction } from "@elizaos/connector-core";
import { Routes } from "discord-api-types/v10";
import { z } from "zod";
import { snowflake } from "./input.js";
import { sendExtra } from "./sends.js";
import { ask, type Tools } from "./tools.js";

/** Discord: "Create Message", `sticker_ids`. */
const MAX_STICKERS = 3;

const sendInput = z.strictObject({
  stickers: z
    .array(snowflake)
    .min(1)
    .max(MAX_STICKERS)
    .describe(`Ids of 1 to ${MAX_STICKERS} stickers of this server, as stickers.list tells them.`),
  replyTo: snowflake.optional().describe("Id of a message of this channel to quote."),
});
const listInput = z.strictObject({});

const stickersSchema = z.array(
  z.object({
    id: z.string(),
    name: z.string(),
    description: z.string().nullish(),
    available: z.boolean().optional(),
  }),
);

export function stickerActions(tools: Tools, server: string): readonly Action[] {
  if (!tools.config.actions.stickers) return [];
  const send = defineAction({
    name: "stickers.send",
    description: "Sends stickers of this server into this channel.",
    input: sendInput,
    run: (input, turn) => sendExtra(turn, "stickers.send", input),
  });
  const list = defineAction({
    name: "stickers.list",
    description: "Lists the stickers of this server.",
    input: listInput,
    async run(_, { signal }) {
      const found = await ask(tools, stickersSchema, {
        call: "GET stickers",
        method: "GET",
        route: Routes.guildStickers(server),
        signal,
      });
      return {
        stickers: found
          .filter(({ available }) => available !== false)
          .map(({ id, name, description }) => ({ id, name, ...(description ? { description } : {}) })),
      };
    },
  });
  return [send, list];
}
