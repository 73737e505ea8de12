import type { CommonConfig } from "../config/fields.js";
import type { TextRange } from "../contract/event.js";
import { parsable } from "./effort.js";

/** Text as people see it, and what is marked in it. Every dialect is rendered from this. */
export interface RichText {
  readonly text: string;
  /** Sorted by offset, the longer first; they nest and never cross. */
  readonly ranges: readonly TextRange[];
}

/** How Markdown is read; an account's `markdown` setting fits. */
export type MarkdownOptions = Partial<CommonConfig["markdown"]>;

/** Characters without which a text cannot be anything but plain. */
const MARKUP = /[*_`~#>[\]|<\\&]|^ {0,3}(?:[-+=]|\d{1,9}[.)])|^ {4}|\t|https?:\/\/|www\.|@| {2}$/m;

/**
 * Markdown (CommonMark with GFM) as text and ranges. The parser is loaded only when a text has something to parse.
 * What has no counterpart in text (HTML, definitions) is kept as it was written. So is a text that is longer than 100,000
 * UTF-16 units or 5,000 lines or nests lists and quotes more than 32 deep; of one with thousands of delimiters in a paragraph only the
 * blocks are read. Never throws.
 */
export async function parseMarkdown(
  markdown: string,
  { enabled = true, tables = "code" }: MarkdownOptions = {},
): Promise<RichText> {
  const asWritten = { text: markdown, ranges: [] };
  if (!enabled || !MARKUP.test(markdown)) return asWritten;
  const extent = parsable(markdown);
  if (extent === "nothing") return asWritten;
  const { flattenMarkdown } = await import("./markdown.js");
  const rich = flattenMarkdown(markdown, { tables, inlines: extent === "all" });
  // A lone `#` or an empty fence is text after all.
  return rich.text.trim() === "" ? asWritten : rich;
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
