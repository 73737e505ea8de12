import type { TextLimit } from "../contract/features.js";

let segmenter: Intl.Segmenter | undefined;

/** Made when the first text is measured: its tables take 2.6 MiB, which an idle host does not need. */
function graphemesOf(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter(undefined, { granularity: "grapheme" });
  return segmenter.segment(text);
}

/** Length of a text in the unit of a limit. */
export function measure(text: string, unit: TextLimit["unit"]): number {
  switch (unit) {
    case "utf16":
      return text.length;
    case "bytes":
      return Buffer.byteLength(text);
    case "codepoints":
      return countCodePoints(text);
    case "graphemes": {
      let count = 0;
      for (const _ of graphemesOf(text)) count++;
      return count;
    }
  }
}

/** Measures one text from the front to its end, in linear time. */
export class Ruler {
  readonly #text: string;
  readonly #limit: TextLimit;
  /** The graphemes of the text from `offset` on: of the chunk at hand, since looking back in a long row of flags takes long. */
  #window: { readonly offset: number; readonly segments: Intl.Segments } | undefined;

  constructor(text: string, limit: TextLimit) {
    this.#text = text;
    this.#limit = limit;
  }

  /**
   * How far a chunk that begins at `start` can reach: to a boundary between graphemes, or between code points where one
   * grapheme alone is too long. At least one code point, also where that alone is too long.
   */
  reach(start: number): number {
    if (this.#limit.unit === "graphemes") return this.#reachByGraphemes(start);
    const end = Math.max(this.#reachByUnits(start), start + this.#codePointLength(start));
    if (end >= this.#text.length) return this.#text.length;
    // Whether a grapheme ends depends on the code point that follows.
    this.#window = { offset: start, segments: graphemesOf(this.#text.slice(start, end + 2)) };
    const grapheme = this.#graphemeAt(end);
    return grapheme.start > start ? grapheme.start : end;
  }

  /** Whether no grapheme lies across a position between the start that `reach` was asked for and its answer. */
  isBoundary(position: number): boolean {
    return position >= this.#text.length || this.#graphemeAt(position).start === position;
  }

  #reachByGraphemes(start: number): number {
    let end = start;
    for (let count = 0; count < this.#limit.max && end < this.#text.length; count++)
      end = this.#graphemeAt(end).end;
    return end;
  }

  #reachByUnits(start: number): number {
    const { max, unit } = this.#limit;
    if (unit === "utf16") return this.#withoutHalf(start + max);
    let used = 0;
    let end = start;
    while (end < this.#text.length) {
      const code = this.#text.codePointAt(end) ?? 0;
      used += unit === "bytes" ? byteLength(code) : 1;
      if (used > max) break;
      end += code > 0xffff ? 2 : 1;
    }
    return end;
  }

  #withoutHalf(position: number): number {
    const isInside = isHigh(this.#text.charCodeAt(position - 1)) && isLow(this.#text.charCodeAt(position));
    return isInside ? position - 1 : position;
  }

  #codePointLength(position: number): number {
    return (this.#text.codePointAt(position) ?? 0) > 0xffff ? 2 : 1;
  }

  #graphemeAt(position: number): { readonly start: number; readonly end: number } {
    this.#window ??= { offset: 0, segments: graphemesOf(this.#text) };
    const { offset, segments } = this.#window;
    const found = segments.containing(position - offset);
    if (found === undefined) return { start: position, end: position };
    const start = offset + found.index;
    return { start, end: start + found.segment.length };
  }
}

function countCodePoints(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

function byteLength(code: number): number {
  if (code < 0x80) return 1;
  if (code < 0x800) return 2;
  return code < 0x10000 ? 3 : 4;
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
