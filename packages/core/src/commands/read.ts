import type { InboundEvent, MessageContent } from "../contract/event.js";
import { type CommandName, RUNTIME_COMMANDS } from "./registry.js";

const WRITTEN = /^\/([a-z]+)(@\S+)?(?:\s+([\s\S]*))?$/i;

/**
 * The command of ours that an event is: one that the platform recognised, or a message of nothing else. A mention of the account
 * may stand before it, since that is how it is spoken to in groups.
 */
export function readCommand(
  event: InboundEvent,
  identity: string,
): { readonly name: CommandName; readonly rest: string } | undefined {
  if (event.kind !== "message" && event.kind !== "command") return undefined;
  const { content } = event;
  const [, word, bot, rest = ""] = WRITTEN.exec(withoutMention(content, identity).trim()) ?? [];
  if (event.kind === "command") return named(event.name, word === undefined ? content.text : rest);
  // `/help@other_bot` is for another one.
  const isForAnother = bot !== undefined && event.chat.kind !== "dm" && content.mentionsSelf === undefined;
  return word === undefined || isForAnother ? undefined : named(word, rest);
}

function named(
  word: string,
  rest: string,
): { readonly name: CommandName; readonly rest: string } | undefined {
  const found = RUNTIME_COMMANDS.find(({ name }) => name === word.toLowerCase());
  return found === undefined ? undefined : { name: found.name, rest: rest.trim() };
}

function withoutMention({ text, ranges = [], mentionsSelf }: MessageContent, identity: string): string {
  if (mentionsSelf !== "mention") return text;
  const start = text.length - text.trimStart().length;
  const self = identity.slice(identity.indexOf(":") + 1);
  const mention = ranges.find(
    ({ type, offset, user = self }) => type === "mention" && offset === start && user === self,
  );
  return mention === undefined ? text : text.slice(mention.offset + mention.length);
}
