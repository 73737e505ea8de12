import { z } from "zod";
import { emojiNamed } from "../emoji-names.js";

/** Which reactions an agent learns of. */
export const REACTION_NOTIFICATIONS = ["off", "own", "all", "allowlist"] as const;

/** For connectors that bring reactions, and can react: spread it beside `commonFields`. */
export const reactionFields = {
  reactionNotifications: z
    .enum(["off", "own", "all"])
    .default("own")
    .describe(
      "Which reactions the agent learns of: `own` those to its own messages, `all`, or none (`off`).",
    ),
  reactionLevel: z
    .enum(["off", "ack", "minimal", "extensive"])
    .default("minimal")
    .describe(
      "What the agent may do with reactions: nothing (`off`), show `ackReaction` only (`ack`), or react by itself as well, rarely (`minimal`) or freely (`extensive`).",
    ),
} as const;

/** `reactionFields` for platforms on which an account has lists of people for its groups. */
export const listedReactionFields = {
  ...reactionFields,
  reactionNotifications: z
    .enum(REACTION_NOTIFICATIONS)
    .default("own")
    .describe(
      "Which reactions the agent learns of: `own` those to its own messages, `all`, those of people who are on a list (`allowlist`), or none (`off`).",
    ),
} as const;

/** For connectors that can react: spread it beside `commonFields`. */
export const ackFields = {
  ackReaction: z
    .strictObject({
      emoji: z
        .string()
        .trim()
        .refine((written) => emojiNamed(written) !== undefined, {
          error: "must be an emoji, or the common name of one, such as eyes or thumbsup",
        })
        .transform((written) => emojiNamed(written) ?? written)
        .describe("The emoji, or its common name, such as `eyes`."),
      direct: z.boolean().default(true).describe("In private chats."),
      group: z
        .enum(["always", "mentions", "never"])
        .default("mentions")
        .describe("In groups: always, when the agent is mentioned or replied to, or never."),
    })
    .optional()
    .describe("Reaction that shows that a message was taken up, before it is answered."),
} as const;
