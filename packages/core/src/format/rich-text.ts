import type { TextRange } from "../contract/event.js";

/** Text as people see it, and what is marked in it. Every dialect is rendered from this. */
export interface RichText {
  readonly text: string;
  /** Sorted by offset, the longer first; they nest and never cross. */
  readonly ranges: readonly TextRange[];
}

/** Characters without which a text cannot be anything but plain. */
const MARKUP =
  /[*_`~#>[\]|<\\&!]|^\s*(?:[-+]|\d+[.)])\s|^(?:-{3,}|={3,})\s*$|^ {4}|\t|https?:\/\/|www\.|@|[ ]{2}$/m;

/**
 * Markdown (CommonMark with GFM) as text and ranges. The parser is loaded only when a text has something to parse.
 * What has no counterpart in text (HTML, images) is kept as it was written.
 */
export async function parseMarkdown(markdown: string): Promise<RichText> {
  if (!MARKUP.test(markdown)) return { text: markdown, ranges: [] };
  const { flattenMarkdown } = await import("./markdown.js");
  return flattenMarkdown(markdown);
}

/** The part of a rich text between two positions in UTF-16 units; ranges are cut to fit. */
export function sliceRichText(rich: RichText, start: number, end: number): RichText {
  const ranges = rich.ranges.flatMap((range) => {
    const from = Math.max(range.offset, start);
    const to = Math.min(range.offset + range.length, end);
    return to > from ? [{ ...range, offset: from - start, length: to - from }] : [];
  });
  return { text: rich.text.slice(start, end), ranges };
}
