import type { TextLimit } from "../contract/features.js";
import { type RichText, sliceRichText } from "./rich-text.js";

export interface ChunkOptions {
  /** Longest chunk, in the limit's unit, measured on the text as people see it. At least 16. */
  readonly limit: TextLimit;
  /** `length`: as late as possible. `newline`: after the last blank line that fits, if there is one. */
  readonly mode: "length" | "newline";
}

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/**
 * Cuts a text into chunks that fit the limit: at blank lines, lines, sentences or words, in this order of preference, and
 * inside a word only when nothing else fits. A grapheme (emoji, flag, letter with accents) is never torn, and code, links
 * and mentions only where they alone are longer than a chunk. White space at a cut is dropped, all else is kept.
 */
export function chunkRichText(rich: RichText, options: ChunkOptions): readonly RichText[] {
  const chunks: RichText[] = [];
  let start = skipSpace(rich.text, 0);
  while (start < rich.text.length) {
    const longest = start + fittingLength(rich.text.slice(start), options.limit);
    const end =
      longest >= rich.text.length ? rich.text.length : cutPosition(rich, start, longest, options.mode);
    const chunk = sliceRichText(rich, start, start + rich.text.slice(start, end).trimEnd().length);
    if (chunk.text.length > 0) chunks.push(chunk);
    start = skipSpace(rich.text, end);
  }
  return chunks;
}

/** Length of a text in the unit of a limit. */
export function measure(text: string, unit: TextLimit["unit"]): number {
  switch (unit) {
    case "utf16":
      return text.length;
    case "bytes":
      return Buffer.byteLength(text);
    case "codepoints":
      return [...text].length;
    case "graphemes":
      return [...segmenter.segment(text)].length;
  }
}

/** UTF-16 length of the longest beginning that fits and ends between graphemes; at least one grapheme. */
function fittingLength(text: string, limit: TextLimit): number {
  // Every unit counts at least one per grapheme, and no grapheme worth keeping whole is longer than this.
  if (limit.unit === "utf16" && text.length <= limit.max) return text.length;
  let used = 0;
  let length = 0;
  for (const { segment } of segmenter.segment(text)) {
    used += limit.unit === "graphemes" ? 1 : measure(segment, limit.unit);
    if (used > limit.max && length > 0) break;
    length += segment.length;
  }
  return length;
}

const BOUNDARIES: readonly RegExp[] = [/\n[^\S\n]*\n/g, /\n/g, /[.!?…。！？](?=\s)/g, /\s/g];

function cutPosition(rich: RichText, start: number, longest: number, mode: "length" | "newline"): number {
  const window = rich.text.slice(start, longest + 1);
  // A cut in the first half wastes the message, except where the user asked for cuts at blank lines.
  const earliest = start + Math.floor((longest - start) / 2);
  for (const [rank, boundary] of BOUNDARIES.entries()) {
    const least = mode === "newline" && rank === 0 ? start + 1 : earliest;
    const positions = [...window.matchAll(boundary)]
      .map((match) => start + match.index + (rank === 2 ? match[0].length : 0))
      .filter((position) => position <= longest);
    const fitting = positions.findLast(
      (position) => position >= least && !isInsideWhole(rich, position, start, longest, rank),
    );
    if (fitting !== undefined) return fitting;
  }
  // No boundary: before the code, link or mention that the cut would tear, if it does not begin the chunk.
  const torn = rich.ranges.find(
    (range) =>
      isWhole(range.type) &&
      range.offset > start &&
      range.offset < longest &&
      range.offset + range.length > longest,
  );
  return torn === undefined ? longest : torn.offset;
}

/** Links, mentions and inline code stay whole where they fit into a chunk; a fence may be cut between its lines. */
function isInsideWhole(
  rich: RichText,
  position: number,
  start: number,
  longest: number,
  rank: number,
): boolean {
  return rich.ranges.some((range) => {
    if (position <= range.offset || position >= range.offset + range.length) return false;
    const fits = range.offset > start || range.length <= longest - start;
    if (range.type === "pre") return fits && range.length <= longest - start ? true : rank > 1;
    return isWhole(range.type) && fits;
  });
}

function isWhole(type: string): boolean {
  return type === "link" || type === "mention" || type === "code" || type === "pre" || type === "emoji";
}

function skipSpace(text: string, from: number): number {
  let position = from;
  // Indentation belongs to the first line of what follows; only line ends and single blanks between words are dropped.
  while (position < text.length && /\s/.test(text.charAt(position))) position++;
  if (from === 0) return 0;
  const lineStart = text.lastIndexOf("\n", position - 1) + 1;
  return Math.max(from, Math.min(position, lineStart > from ? lineStart : position));
}
