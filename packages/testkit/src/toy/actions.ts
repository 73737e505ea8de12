import { type Action, type Address, defineAction } from "@elizaos/connector-core";
import { z } from "zod";
import type { ToyClient } from "./client.js";
import { toConnectorError } from "./errors.js";
import { wireMessage } from "./wire.js";

/** Flags of `capabilities` that switch groups of actions. */
export const capabilities = { lookups: "Read single messages of the chat by their id." };

/** What an agent may do in a chat besides answering. */
export function actions({ chat }: Address, client: ToyClient): readonly Action[] {
  const read = defineAction({
    name: "messages.read",
    description: "Reads a message of this chat by its id: who wrote it, and what.",
    capability: "lookups",
    input: z.strictObject({ message: z.string().min(1).describe("The message's id.") }),
    async run({ message }, { signal }) {
      try {
        const { author, text = "" } = await client.get("message", { chat, message }, wireMessage, signal);
        return { author: author.name, text };
      } catch (error) {
        throw toConnectorError(error, "message");
      }
    },
  });
  return [read];
}
