import type { ReactionEvent, Sender } from "@elizaos/connector-core";
import { z } from "zod";
import { chatSender, readUser } from "./sender.js";
import { type Bot, chatSchema, userSchema } from "./wire.js";

const reactionSchema = z.looseObject({
  type: z.string(),
  emoji: z.string().optional(),
  custom_emoji_id: z.string().optional(),
});

/** Bot API: MessageReactionUpdated. */
export const reactionUpdateSchema = z.looseObject({
  chat: chatSchema,
  message_id: z.int().nonnegative(),
  user: userSchema.optional(),
  actor_chat: chatSchema.optional(),
  date: z.int().nonnegative(),
  old_reaction: z.array(reactionSchema),
  new_reaction: z.array(reactionSchema),
});

/** Telegram names neither the topic nor the author of the message. */
export function readReaction(
  value: z.infer<typeof reactionUpdateSchema>,
  bot: Bot,
): Pick<ReactionEvent, "kind" | "added" | "removed" | "sender" | "sentAt" | "address"> {
  const before = value.old_reaction.map(nameOf);
  const after = value.new_reaction.map(nameOf);
  return {
    kind: "reaction",
    added: after.filter((name) => !before.includes(name)),
    removed: before.filter((name) => !after.includes(name)),
    sender: senderOf(value, bot),
    sentAt: value.date * 1000,
    address: { chat: String(value.chat.id), message: String(value.message_id) },
  };
}

/** An anonymous administrator reacts as the group, which is also what is left when Telegram names nobody. */
function senderOf({ user, actor_chat, chat }: z.infer<typeof reactionUpdateSchema>, bot: Bot): Sender {
  return user === undefined ? chatSender(actor_chat ?? chat) : readUser(user, bot);
}

/** Custom emoji have an id only; a paid reaction is a star. */
function nameOf({ type, emoji, custom_emoji_id: id }: z.infer<typeof reactionSchema>): string {
  if (emoji !== undefined) return emoji;
  return type === "paid" ? "⭐" : id === undefined ? type : `custom:${id}`;
}
