import type { ConfigIssue } from "@elizaos/connector-core";
import type { TelegramConfig } from "./config.js";
import { REACTIONS, reactionEmoji } from "./reactions.js";

/** What is wrong with how answers are to look. */
export function answerRules({
  draftChunk,
  ackReaction,
}: Pick<TelegramConfig, "draftChunk" | "ackReaction">): readonly ConfigIssue[] {
  const issues: ConfigIssue[] = [];
  if (draftChunk !== undefined && draftChunk.minChars > draftChunk.maxChars) {
    const message = `is ${draftChunk.maxChars} and thereby below draftChunk.minChars (${draftChunk.minChars})`;
    issues.push({ path: "draftChunk.maxChars", message });
  }
  if (ackReaction !== undefined && reactionEmoji(ackReaction.emoji) === undefined) {
    const message = `is ${ackReaction.emoji}, which Telegram does not let bots react with; it allows ${REACTIONS.join(" ")}`;
    issues.push({ path: "ackReaction.emoji", message });
  }
  return issues;
}
