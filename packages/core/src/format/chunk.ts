import type { TextRange } from "../contract/event.js";
import type { TextLimit } from "../contract/features.js";
import { type RichText, sliceRichText } from "./rich-text.js";
import { measure, Ruler } from "./ruler.js";

export interface ChunkOptions {
  /**
   * Longest chunk, in the limit's unit, measured on the text as people see it. Any from 1; only a single code point that is
   * longer than the whole limit goes beyond it.
   */
  readonly limit: TextLimit;
  /**
   * `length` fills each chunk: the last good place in its second half. `newline` keeps paragraphs whole: each chunk takes as
   * many as fit, and one that does not fit any more begins the next chunk, however short that leaves this one. Only a
   * paragraph that is longer than a chunk is cut, as `length` does it. Neither cuts what fits into one chunk.
   */
  readonly mode: "length" | "newline";
}

/**
 * Cuts a text into chunks that fit the limit: at blank lines, lines, sentences or words, in this order of preference, and
 * inside a word only where the word is longer than a chunk. The same holds for links, mentions, inline code and code blocks;
 * a code block that is too long is cut between its lines, and a grapheme (emoji, flag, letter with accents) that is too
 * long between code points. Ranges are cut with the text, so that each chunk can be rendered for itself. White space at a cut
 * is dropped, except for the indentation of the line that follows; all else is kept. Takes linear time.
 */
export function chunkRichText(rich: RichText, { limit, mode }: ChunkOptions): readonly RichText[] {
  const text = rich.text.trimEnd();
  const view: View = {
    text,
    mode,
    ruler: new Ruler(text, limit),
    ranges: new NearRanges(rich.ranges, (range) => fits(text, range, limit)),
  };
  const chunks: RichText[] = [];
  let start = nextStart(text, 0);
  while (start < text.length) {
    const reach = view.ruler.reach(start);
    const near = view.ranges.between(start, reach);
    const end = reach === text.length ? reach : cutPosition(view, start, reach, near);
    const length = text.slice(start, end).trimEnd().length;
    if (length > 0) chunks.push(sliceRichText({ text, ranges: near }, start, start + length));
    start = nextStart(text, end);
  }
  return chunks;
}

interface View {
  readonly text: string;
  readonly mode: ChunkOptions["mode"];
  readonly ruler: Ruler;
  readonly ranges: NearRanges;
}

interface Boundary {
  readonly pattern: RegExp;
  /** Where in the match the cut is. */
  readonly at: "start" | "end";
  /** Code that is too long for a chunk is cut here too. */
  readonly inCode: boolean;
}

const BLANK_LINE: Boundary = { pattern: /\n[^\S\n]*\n/g, at: "start", inCode: true };
const PARAGRAPH: Boundary = { ...BLANK_LINE, inCode: false };
const LINE: Boundary = { pattern: /\n/g, at: "start", inCode: true };
const SENTENCE: Boundary = { pattern: /[.!?…](?=\s)|[。！？][」』”’）】\p{M}]*/gu, at: "end", inCode: false };
/** Not inside indentation, and not at spaces that are there to hold words together. */
const WORD: Boundary = { pattern: /(?<=\S)[^\S\u00a0\u2007\u202f\ufeff]/g, at: "start", inCode: false };

function cutPosition(view: View, start: number, reach: number, near: readonly TextRange[]): number {
  const window = { start, reach, whole: wholeSpans(near, view.ranges), view };
  if (view.mode === "newline") {
    const paragraph = lastBoundary(PARAGRAPH, start + 1, window);
    if (paragraph !== undefined) return paragraph;
  }
  // A cut in the first half wastes the message.
  const half = start + Math.ceil((reach - start) / 2);
  for (const boundary of [BLANK_LINE, LINE, SENTENCE, WORD]) {
    const position = lastBoundary(boundary, half, window);
    if (position !== undefined) return position;
  }
  // What lies across the end of the chunk is long, but goes whole into the next one.
  const torn = window.whole.find(({ from, to, inLines }) => !inLines && from < reach && reach < to);
  const early = [
    torn !== undefined && torn.from > start && view.ruler.isBoundary(torn.from) ? torn.from : undefined,
    ...[LINE, WORD].map((boundary) => {
      const position = lastBoundary(boundary, start + 1, window);
      return position !== undefined && nextIsShort(boundary, position, window) ? position : undefined;
    }),
  ].filter((position) => position !== undefined);
  return early.length === 0 ? reach : Math.max(...early);
}

interface Window {
  readonly view: View;
  readonly start: number;
  readonly reach: number;
  readonly whole: readonly Span[];
}

function lastBoundary(
  { pattern, at, inCode }: Boundary,
  least: number,
  { view, start, reach, whole }: Window,
): number | undefined {
  // One more character, for a boundary that begins where the chunk ends.
  const text = view.text.slice(start, reach + 1);
  const positions = [...text.matchAll(pattern)].map(
    (match) => start + match.index + (at === "end" ? match[0].length : 0),
  );
  // From the end, positions and spans together.
  let span = whole.length - 1;
  for (let index = positions.length - 1; index >= 0; index--) {
    const position = positions[index] ?? start;
    if (position > reach) continue;
    if (position < least) return undefined;
    while (span > 0 && (whole[span]?.from ?? start) >= position) span--;
    const around = whole[span];
    const isInside =
      around !== undefined && around.from < position && position < around.to && !(around.inLines && inCode);
    if (!isInside && view.ruler.isBoundary(position)) return position;
  }
  return undefined;
}

/** Whether what follows a boundary, up to the next one, is not longer than a chunk like this one. */
function nextIsShort({ pattern }: Boundary, position: number, { view, start, reach }: Window): boolean {
  const end = position + 1 + (reach - start);
  return end >= view.text.length || view.text.slice(position + 1, end + 1).search(pattern) >= 0;
}

/** A part of the text that is not to be cut; with `inLines`, not inside its lines. */
interface Span {
  readonly from: number;
  readonly to: number;
  readonly inLines: boolean;
}

/** Sorted and disjoint. */
function wholeSpans(near: readonly TextRange[], ranges: NearRanges): readonly Span[] {
  const spans: Span[] = [];
  for (const range of near) {
    if (!WHOLE.has(range.type)) continue;
    const fitting = ranges.fits(range);
    if (!fitting && range.type !== "pre") continue;
    const span = { from: range.offset, to: range.offset + range.length, inLines: !fitting };
    // Not what stands inside another one.
    if (span.from >= (spans.at(-1)?.to ?? 0)) spans.push(span);
  }
  return spans;
}

const WHOLE: ReadonlySet<TextRange["type"]> = new Set(["link", "mention", "command", "code", "pre", "emoji"]);

function fits(text: string, { offset, length }: TextRange, { max, unit }: TextLimit): boolean {
  if (unit !== "graphemes" && length > 2 * max) return false;
  return measure(text.slice(offset, offset + length), unit) <= max;
}

/** The ranges of one part of the text after the other, without going through all of them each time. */
class NearRanges {
  readonly #ranges: readonly TextRange[];
  readonly #measure: (range: TextRange) => boolean;
  readonly #fitting = new Map<TextRange, boolean>();
  #near: readonly TextRange[] = [];
  #next = 0;

  constructor(ranges: readonly TextRange[], fits: (range: TextRange) => boolean) {
    this.#ranges = ranges;
    this.#measure = fits;
  }

  /** The ranges that have something between the two positions. `start` must not be before that of the last call. */
  between(start: number, end: number): readonly TextRange[] {
    const added: TextRange[] = [];
    for (; this.#next < this.#ranges.length; this.#next++) {
      const range = this.#ranges[this.#next];
      if (range === undefined || range.offset >= end) break;
      added.push(range);
    }
    this.#near = [...this.#near, ...added].filter((range) => range.offset + range.length > start);
    return this.#near.filter((range) => range.offset < end);
  }

  fits(range: TextRange): boolean {
    const known = this.#fitting.get(range);
    if (known !== undefined) return known;
    const fitting = this.#measure(range);
    this.#fitting.set(range, fitting);
    return fitting;
  }
}

const SPACE = /\s/;
/** What forms a grapheme with the blank before it. */
const JOINED = /^[\p{Grapheme_Extend}\p{Mc}\p{Emoji_Modifier}\u200d]/u;

/** Where the next chunk begins: after white space, but with the indentation of its first line. */
function nextStart(text: string, from: number): number {
  let position = from;
  let line = from === 0 || text[from - 1] === "\n" ? from : undefined;
  for (; position < text.length && SPACE.test(text.charAt(position)); position++) {
    if (text[position] === "\n") line = position + 1;
  }
  if (position > from && position !== line && JOINED.test(text.slice(position, position + 2))) position--;
  return line === undefined ? position : Math.min(line, position);
}
