import { type Action, defineAction, ofThisChat } from "@elizaos/connector-core";
import { z } from "zod";
import { REACTIONS, reactionEmoji } from "../reactions.js";
import { messageId } from "./input.js";
import type { Tools } from "./tools.js";

const input = z.strictObject({
  message: messageId
    .optional()
    .describe("Id of a message of this chat. Leave it out for the one that you are answering."),
  emoji: z
    .string()
    .refine((written) => reactionEmoji(written) !== undefined, {
      error: `is none that Telegram lets bots react with; it allows ${REACTIONS.join(" ")}`,
    })
    .nullable()
    .describe(
      `One of ${REACTIONS.join(" ")}; null takes your reaction back. A new one replaces the one before.`,
    ),
});

export function reactionActions({ config: { actions, reactionLevel } }: Tools): readonly Action[] {
  if (!actions.reactions || reactionLevel === "off" || reactionLevel === "ack") return [];
  const set = defineAction({
    name: "reactions.set",
    description: "Reacts to a message of this chat with an emoji, or takes the reaction back.",
    capability: "reactions",
    input,
    async run({ message, emoji }, context) {
      const to = ofThisChat(context, message);
      await context.perform({ kind: "react", to, emoji });
      return { message: to.message, emoji };
    },
  });
  return [set];
}
