import type { InboundEvent } from "@elizaos/connector-core";
import type { MentionContext } from "./agent-runtime.js";

/** That runtime's word for a kind of chat. */
export function channelType({ chat, address }: InboundEvent): string {
  switch (chat.kind) {
    case "dm":
    case "mailbox":
      return "DM";
    case "channel":
    case "feed":
      return "FEED";
    case "group":
    case "issue":
      return address.thread === undefined ? "GROUP" : "THREAD";
  }
}

/**
 * That runtime asks a model whether to answer what is no mention and no reply. Here the account's config has decided that already
 * (`requireMention`), so that whatever begins a turn is one of the two; `mentionType` says what the platform said.
 */
export function mentionContext(events: readonly InboundEvent[]): MentionContext {
  const kinds = events.map((event) => (event.kind === "message" ? event.content.mentionsSelf : undefined));
  const isReply = kinds.includes("reply");
  const isNamed = kinds.some((kind) => kind === "mention" || kind === "command");
  const isThread = events.some(({ address }) => address.thread !== undefined);
  return {
    isMention: isNamed || !isReply,
    isReply,
    isThread,
    mentionType: isNamed ? "platform_mention" : isReply ? "reply" : isThread ? "thread" : "none",
  };
}
