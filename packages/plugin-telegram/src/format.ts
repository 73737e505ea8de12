import type { TextRange } from "@elizaos/connector-core";

/** Tags from the outside in. Telegram lets a block quote hold everything, a link hold styles, styles hold each other. */
const NESTING: readonly TextRange["type"][] = [
  "quote",
  "pre",
  "link",
  "mention",
  "bold",
  "italic",
  "underline",
  "strike",
  "spoiler",
  "code",
];

const SIMPLE_TAGS: Readonly<Partial<Record<TextRange["type"], string>>> = {
  quote: "blockquote",
  bold: "b",
  italic: "i",
  underline: "u",
  strike: "s",
  spoiler: "tg-spoiler",
  code: "code",
};

interface Tag {
  readonly range: TextRange;
  readonly rank: number;
  readonly open: string;
  readonly close: string;
}

/**
 * Text and ranges as Telegram's HTML (Bot API: "HTML style"). Tags are always properly nested, also where ranges cross:
 * they are closed and opened again at the crossing. Where Telegram lets only one of two kinds stand, a code block wins
 * over all, a link over inline code, inline code over styles.
 */
export function renderHtml(rich: { readonly text: string; readonly ranges: readonly TextRange[] }): string {
  const { text } = rich;
  const tags = rich.ranges
    .flatMap((range) => tagOf(range, text.length))
    .sort((a, b) => a.range.offset - b.range.offset);
  const cuts = new Set([0, text.length]);
  for (const { range } of tags) cuts.add(range.offset).add(range.offset + range.length);
  const positions = [...cuts].sort((a, b) => a - b);

  let html = "";
  let open: readonly Tag[] = [];
  let active: readonly Tag[] = [];
  let next = 0;
  for (const [index, position] of positions.entries()) {
    const begun: Tag[] = [];
    for (let tag = tags[next]; tag !== undefined && tag.range.offset <= position; tag = tags[++next])
      begun.push(tag);
    active = [...active, ...begun]
      .filter(({ range }) => position < range.offset + range.length)
      .sort((a, b) => a.rank - b.rank || a.range.offset - b.range.offset);
    const wanted = allowedTogether(active);
    let shared = 0;
    while (shared < open.length && open[shared] === wanted[shared]) shared++;
    html += open
      .slice(shared)
      .map((tag) => tag.close)
      .reverse()
      .join("");
    html += wanted
      .slice(shared)
      .map((tag) => tag.open)
      .join("");
    html += escapeHtml(text.slice(position, positions[index + 1] ?? position));
    open = wanted;
  }
  return html;
}

/** Which of the tags at one place may stand there together (Bot API: "Formatting options", on nesting). */
function allowedTogether(active: readonly Tag[]): readonly Tag[] {
  const first = (type: TextRange["type"]) => active.find((tag) => tag.range.type === type);
  const quote = first("quote");
  const outer = quote === undefined ? [] : [quote];
  const pre = first("pre");
  if (pre !== undefined) return [...outer, pre];
  const link = first("link") ?? first("mention");
  const code = first("code");
  if (link === undefined && code !== undefined) return [...outer, code];
  const styles = active.filter(
    (tag, index) =>
      isStyle(tag) && active.findIndex((other) => other.range.type === tag.range.type) === index,
  );
  return [...outer, ...(link === undefined ? [] : [link]), ...styles];
}

function isStyle({ range: { type } }: Tag): boolean {
  return (
    type === "bold" || type === "italic" || type === "underline" || type === "strike" || type === "spoiler"
  );
}

function tagOf(range: TextRange, length: number): Tag[] {
  const rank = NESTING.indexOf(range.type);
  if (rank < 0 || range.length <= 0 || range.offset < 0 || range.offset >= length) return [];
  const simple = SIMPLE_TAGS[range.type];
  if (simple !== undefined) return [{ range, rank, open: `<${simple}>`, close: `</${simple}>` }];
  if (range.type === "pre") {
    if (range.language === undefined) return [{ range, rank, open: "<pre>", close: "</pre>" }];
    const open = `<pre><code class="language-${escapeAttribute(range.language)}">`;
    return [{ range, rank, open, close: "</code></pre>" }];
  }
  const target =
    range.type === "mention"
      ? range.user === undefined
        ? undefined
        : `tg://user?id=${range.user}`
      : range.url;
  if (target === undefined || target === "") return [];
  return [{ range, rank, open: `<a href="${escapeAttribute(target)}">`, close: "</a>" }];
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function escapeAttribute(text: string): string {
  return escapeHtml(text).replaceAll('"', "&quot;");
}
