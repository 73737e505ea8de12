import { type Action, defineAction } from "@elizaos/connector-core";
import { Routes } from "discord-api-types/v10";
import { z } from "zod";
import { ask, type Tools } from "./tools.js";

const listInput = z.strictObject({});
const emojisSchema = z.array(
  z.object({
    id: z.string().nullish(),
    name: z.string().nullish(),
    available: z.boolean().optional(),
    /** Only members with one of these roles may use it. */
    roles: z.array(z.string()).default([]),
  }),
);

/** Goes with reactions: an emoji of a server's own is put on a message by its id. */
export function emojiActions(tools: Tools, server: string): readonly Action[] {
  if (!tools.config.actions.reactions) return [];
  const list = defineAction({
    name: "emojis.list",
    description: "Lists the emoji of this server, as reactions.add takes them.",
    input: listInput,
    async run(_, { signal }) {
      const found = await ask(tools, emojisSchema, {
        call: "GET emojis",
        method: "GET",
        route: Routes.guildEmojis(server),
        signal,
      });
      const usable = found.filter(({ available, roles }) => available !== false && roles.length === 0);
      return { emojis: usable.flatMap(({ id, name }) => (id && name ? `${name}:${id}` : [])) };
    },
  });
  return [list];
}
