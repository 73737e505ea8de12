import type { ConnectionContext } from "@elizaos/connector-core";
import type { TelegramConfig } from "./config.js";
import type { Me } from "./me.js";

/** Says so when the config counts on group messages that Telegram keeps back (Bot features: "Privacy mode"). */
export function notePrivacyMode(
  { readsAll, username }: Me,
  config: TelegramConfig,
  context: Pick<ConnectionContext, "note">,
): void {
  const at = readsAll === false ? wantsAll(config) : undefined;
  const note =
    at === undefined
      ? undefined
      : `${at} asks for group messages that do not mean @${username}, and its privacy mode is on: Telegram brings them only from groups where the bot is an administrator. Switch it off (@BotFather: /setprivacy, Disable) and add the bot to its groups again`;
  context.note("privacy", note);
}

/** The first setting that needs every message of a group. */
function wantsAll({
  groupPolicy,
  requireMention,
  mentionPatterns,
  groups,
}: TelegramConfig): string | undefined {
  if (groupPolicy === "closed") return undefined;
  for (const [id, group] of Object.entries(groups)) {
    if (group.enabled === false) continue;
    if (group.requireMention === false) return `groups.${id}.requireMention`;
    for (const [topic, member] of Object.entries(group.topics ?? {}))
      if (member.requireMention === false) return `groups.${id}.topics.${topic}.requireMention`;
  }
  if (!requireMention) return "requireMention";
  return mentionPatterns.length > 0 ? "mentionPatterns" : undefined;
}
