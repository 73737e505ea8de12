import {
  type ChunkOptions,
  chunkRichText,
  type OutboundText,
  parseMarkdown,
  Rejected,
  type RichText,
  sliceRichText,
} from "@elizaos/connector-core";
import type { DiscordConfig } from "./config.js";
import { renderMarkdown } from "./format.js";

/** Longest content of a message with its markup, in characters; counted here in UTF-16 units, which are never fewer (API: Create Message). */
export const MAX_TEXT = 2_000;

/** Discord refuses a message of nothing that can be seen. */
const UNSEEN = /^[\s\p{Cc}\p{Cf}\u2800]*$/u;

type TextConfig = Pick<DiscordConfig, "markdown" | "chunkMode" | "textChunkLimit" | "maxLinesPerMessage">;

/** There is something to see in it. */
export function hasText({ text }: OutboundText): boolean {
  return !UNSEEN.test(text);
}

/** A text as messages that Discord takes. Throws `Rejected` when there is nothing to see in it. */
export async function toMessages(written: OutboundText, config: TextConfig): Promise<readonly string[]> {
  const chunks = await toChunks(written, config);
  return chunks
    .flatMap((chunk) => splitByLines(chunk, config.maxLinesPerMessage))
    .flatMap((chunk) => splitByMarkup(chunk, config.chunkMode));
}

/** A text as the one message that replaces another, or undefined when it is too long for one. */
export async function toMessage(written: OutboundText, config: TextConfig): Promise<string | undefined> {
  const [chunk, ...rest] = await toChunks(written, { ...config, textChunkLimit: undefined });
  if (chunk === undefined || rest.length > 0) return undefined;
  const content = renderMarkdown(chunk);
  return content.length <= MAX_TEXT ? content : undefined;
}

async function toChunks(
  written: OutboundText,
  { markdown, chunkMode, textChunkLimit = MAX_TEXT }: TextConfig,
): Promise<readonly RichText[]> {
  const text = written.text.replace(/\p{Surrogate}/gu, "\uFFFD");
  const rich = written.format === "plain" ? { text, ranges: [] } : await parseMarkdown(text, markdown);
  const limit = { max: Math.min(textChunkLimit, MAX_TEXT), unit: "utf16" } as const;
  const chunks = chunkRichText(rich, { limit, mode: chunkMode }).filter((chunk) => !UNSEEN.test(chunk.text));
  if (chunks.length === 0) throw new Rejected("There is no text to send.");
  return chunks;
}

function splitByLines(chunk: RichText, max: number): readonly RichText[] {
  const pieces: RichText[] = [];
  let from = 0;
  let lines = 1;
  for (let at = chunk.text.indexOf("\n"); at >= 0; at = chunk.text.indexOf("\n", at + 1)) {
    if (lines < max) {
      lines += 1;
      continue;
    }
    pieces.push(sliceRichText(chunk, from, at));
    from = at + 1;
    lines = 1;
  }
  pieces.push(sliceRichText(chunk, from, chunk.text.length));
  return pieces.filter(({ text }) => !UNSEEN.test(text));
}

/** Several messages where marks and escapes are too many for one. */
function splitByMarkup(chunk: RichText, mode: ChunkOptions["mode"]): readonly string[] {
  const content = renderMarkdown(chunk);
  if (content.length <= MAX_TEXT) return [content];
  const max = Math.ceil(chunk.text.length / 2);
  const halves = chunkRichText(chunk, { limit: { max, unit: "utf16" }, mode });
  if (halves.length < 2) return [chunk.text.slice(0, MAX_TEXT)];
  return halves.flatMap((half) => splitByMarkup(half, mode));
}
