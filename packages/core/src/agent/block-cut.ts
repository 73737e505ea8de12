/** How long blocks may be, in UTF-16 units. */
export interface BlockLengths {
  readonly minChars: number;
  readonly maxChars: number;
  /** The smallest part of a text that a block ends with before it is long. Default `paragraph`. */
  readonly breakPreference?: BreakPreference;
}

export type BreakPreference = "paragraph" | "newline" | "sentence";

/** Paragraphs, then lines, sentences and words; the match's end is where the next block begins. */
const BOUNDARIES: readonly RegExp[] = [/\n[^\S\n]*\n+/g, /\n/g, /[.!?…。！？]\s+/g, /\s+/g];
const PARAGRAPHS = 0;
const LINES = 1;
const SENTENCES = 2;
const RANKS: Readonly<Record<BreakPreference, number>> = {
  paragraph: PARAGRAPHS,
  newline: LINES,
  sentence: SENTENCES,
};

/**
 * Where the first block of a text that is still growing ends, in UTF-16 units from its start; 0 while it has to grow on. Blocks end
 * with paragraphs, or with what `breakPreference` says; one that is long, or that the agent has paused in (`isIdle`), with a line or a sentence; and only one that is longer than
 * `maxChars` between words. A code fence or a table is never cut.
 */
export function blockEnd(text: string, lengths: BlockLengths, isIdle: boolean): number {
  const { minChars, maxChars, breakPreference = "paragraph" } = lengths;
  if (text.length < minChars) return 0;
  const isLong = text.length >= Math.max(minChars, maxChars);
  const whole = wholeRanges(text);
  const lastRank = isLong ? BOUNDARIES.length - 1 : isIdle ? SENTENCES : RANKS[breakPreference];
  for (const [rank, boundary] of BOUNDARIES.slice(0, lastRank + 1).entries()) {
    const ends = [...text.matchAll(boundary)]
      .map((match) => match.index + match[0].length)
      // What follows the boundary has begun, so that it is no part of a longer one.
      .filter((end) => end >= minChars && (end < text.length || isIdle))
      .filter((end) => !whole.some(({ from, to }) => end > from && end < to))
      .filter((end) => rank !== LINES || !/^\s*(?:[-*+|>]|\d+[.)])\s?/.test(text.slice(end)));
    const within = ends.findLast((end) => end <= maxChars) ?? (isLong ? ends[0] : undefined);
    if (within !== undefined) return within;
  }
  return 0;
}

interface Whole {
  readonly from: number;
  readonly to: number;
}

/** Code fences, the last of which may still be open, and tables. */
function wholeRanges(text: string): readonly Whole[] {
  const ranges: Whole[] = [];
  let fence: { readonly mark: string; readonly from: number } | undefined;
  let table: number | undefined;
  let at = 0;
  for (const line of text.split("\n")) {
    const end = at + line.length + 1;
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (fence !== undefined) {
      if (mark?.startsWith(fence.mark) && line.trim() === mark) {
        ranges.push({ from: fence.from, to: end });
        fence = undefined;
      }
    } else if (mark !== undefined) fence = { mark, from: at };
    const isRow = fence === undefined && /^\s*\|/.test(line);
    if (isRow) table ??= at;
    else if (table !== undefined) {
      ranges.push({ from: table, to: at });
      table = undefined;
    }
    at = end;
  }
  const open = fence?.from ?? table;
  return open === undefined ? ranges : [...ranges, { from: open, to: Number.POSITIVE_INFINITY }];
}
