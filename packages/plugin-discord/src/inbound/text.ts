import type { TextRange } from "@elizaos/connector-core";
import type { Directory } from "../directory.js";
import type { WireContent } from "./wire.js";

/** Mentions, custom emoji and times as Discord writes them into a text (API reference, "Message Formatting"). */
const MARKUP =
  /<(@[!&]?|#|a?:\w{2,32}:)(\d{15,20})>|<t:(-?\d{1,13})(?::[tTdDfFsSR])?>|<\/([^:<>]{1,100}):\d{15,20}>|(https?:\/\/[^\s<>]{1,2000})/g;

export interface ReadText {
  readonly text: string;
  readonly ranges: readonly TextRange[];
}

export interface TextContext {
  readonly directory: Directory;
  readonly guild: string | undefined;
}

/** A text as people see it: mentions by name, custom emoji by theirs. Everything else stays as it was written. */
export function readText(content: Pick<WireContent, "content" | "mentions">, context: TextContext): ReadText {
  const ranges: TextRange[] = [];
  let text = "";
  let from = 0;
  for (const match of content.content.matchAll(MARKUP)) {
    text += content.content.slice(from, match.index);
    from = match.index + match[0].length;
    const shown = show(match, content.mentions, context);
    if (shown.range !== undefined)
      ranges.push({ offset: text.length, length: shown.text.length, ...shown.range });
    text += shown.text;
  }
  return { text: text + content.content.slice(from), ranges };
}

interface Shown {
  readonly text: string;
  readonly range?: Omit<TextRange, "offset" | "length">;
}

function show(
  [whole, kind, id = "", time, command, url]: RegExpExecArray,
  mentions: WireContent["mentions"],
  { directory, guild }: TextContext,
): Shown {
  if (url !== undefined) return { text: url, range: { type: "link", url } };
  if (command !== undefined) return { text: `/${command}`, range: { type: "command" } };
  if (time !== undefined) return { text: dateOf(Number(time)) ?? whole };
  switch (kind) {
    case "@":
    case "@!": {
      const user = mentions.find((each) => each.id === id);
      const name = user?.member?.nick ?? user?.global_name ?? user?.username ?? id;
      return { text: `@${name}`, range: { type: "mention", user: id } };
    }
    case "@&": {
      const name = guild === undefined ? undefined : directory.guild(guild)?.roles.get(id);
      return { text: `@${name ?? id}`, range: { type: "mention" } };
    }
    case "#":
      return { text: `#${directory.channel(id)?.name ?? id}` };
    default:
      return { text: (kind ?? "").replace(/^a/, ""), range: { type: "emoji" } };
  }
}

function dateOf(seconds: number): string | undefined {
  const date = new Date(seconds * 1_000);
  return Number.isNaN(date.getTime())
    ? undefined
    : `${date.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
