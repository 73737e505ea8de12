import type { TextRange } from "@elizaos/connector-core";

interface Rich {
  readonly text: string;
  readonly ranges: readonly TextRange[];
}

/** Marks from the outside in; what stands on a line of its own is done beforehand. */
const MARKS: readonly (readonly [type: TextRange["type"], mark: string])[] = [
  ["spoiler", "||"],
  ["strike", "~~"],
  ["underline", "__"],
  ["bold", "**"],
  ["italic", "*"],
];
const RANK = new Map(MARKS.map(([type], rank) => [type, rank]));

/** What Discord would read as markup (its help centre, "Markdown Text 101"). Mentions are left: nobody is pinged by them. */
const SPECIAL = /[\\*_~|`[\]]/g;
/** Headings, quotes and small print, where a line begins. */
const LINE_START = /^(\s*)(#{1,3}\s|-#\s|>{1,3}\s|>>>)/;
const MENTION = /<(?:@[!&]?|#|a?:\w{2,32}:|t:-?|\/[^:<>]{1,100}:)\d{1,20}(?::[tTdDfFsSR])?>/y;

/** Text and ranges in Discord's Markdown. What people would see as markup by accident is escaped. */
export function renderMarkdown({ text, ranges }: Rich): string {
  const blocks = ranges.filter(({ type }) => type === "pre").sort((a, b) => a.offset - b.offset);
  const pieces: string[] = [];
  let from = 0;
  for (const { offset, length, language = "" } of blocks) {
    if (offset < from) continue;
    pieces.push(renderLines(text, ranges, from, offset));
    pieces.push(fence(text.slice(offset, offset + length), language, quoteDepth(ranges, offset) > 0));
    from = offset + length;
  }
  pieces.push(renderLines(text, ranges, from, text.length));
  return pieces.join("");
}

/** Backticks inside it would end it. */
function fence(code: string, language: string, isQuoted: boolean): string {
  const safe = code.replaceAll("```", "`\u200b`\u200b`").replace(/\n$/, "");
  const block = `\`\`\`${/^[\w+#.-]{0,30}$/.test(language) ? language : ""}\n${safe}\n\`\`\``;
  return isQuoted ? `> ${block.replaceAll("\n", "\n> ")}` : block;
}

function renderLines(text: string, ranges: readonly TextRange[], from: number, to: number): string {
  let at = from;
  const lines = text
    .slice(from, to)
    .split("\n")
    .map((line) => {
      const start = at;
      at += line.length + 1;
      const inner = renderInline(text, ranges, start, start + line.length);
      const isQuoted = line !== "" && quoteDepth(ranges, start) > 0;
      return isQuoted ? `> ${inner}` : inner;
    });
  return lines.join("\n");
}

function quoteDepth(ranges: readonly TextRange[], at: number): number {
  return ranges.filter(({ type, offset, length }) => type === "quote" && offset <= at && at < offset + length)
    .length;
}

/** One line. Marks are closed at its end and begun again on the next, since Discord reads some of them by line. */
function renderInline(text: string, ranges: readonly TextRange[], from: number, to: number): string {
  const here = ranges.flatMap((range) => within(range, text, from, to));
  const atoms = here.filter(({ type }) => type === "code" || type === "link" || type === "mention");
  const marks = here.filter(({ type }) => RANK.has(type));
  const cuts = new Set([from, to]);
  for (const { offset, length } of [...atoms, ...marks]) cuts.add(offset).add(offset + length);
  const positions = [...cuts].sort((a, b) => a - b);
  let line = "";
  let open: readonly TextRange[] = [];
  for (const [index, position] of positions.entries()) {
    const active = marks.filter((range) => covers(range, position));
    const wanted = unique(active).sort((a, b) => rank(a) - rank(b));
    let shared = 0;
    while (shared < open.length && open[shared]?.type === wanted[shared]?.type) shared += 1;
    line += open.slice(shared).map(markOf).reverse().join("");
    line += wanted.slice(shared).map(markOf).join("");
    open = wanted;
    const end = positions[index + 1];
    if (end === undefined) break;
    const atom = atoms.find((range) => covers(range, position));
    line += renderPiece(text.slice(position, end), atom, position === from);
  }
  return line;
}

function renderPiece(text: string, atom: TextRange | undefined, isLineStart: boolean): string {
  if (atom?.type === "code") return text.includes("`") ? `\`\` ${text} \`\`` : `\`${text}\``;
  if (atom?.type === "mention" && atom.user !== undefined) return `<@${atom.user}>`;
  if (atom?.type === "link" && atom.url !== undefined) {
    if (atom.url === text) return text;
    const isWeb = /^https?:\/\//i.test(atom.url);
    return isWeb
      ? `[${escaped(text, false)}](<${atom.url.replaceAll(">", "%3E")}>)`
      : escaped(text, isLineStart);
  }
  return escaped(text, isLineStart);
}

/** Mentions, custom emoji and times stay what they are. */
function escaped(text: string, isLineStart: boolean): string {
  let result = "";
  for (let at = 0; at < text.length; ) {
    MENTION.lastIndex = at;
    const [mention = ""] = MENTION.exec(text) ?? [];
    if (mention !== "") {
      result += mention;
      at += mention.length;
      continue;
    }
    const next = text.indexOf("<", at + 1);
    const end = next < 0 ? text.length : next;
    result += text.slice(at, end).replace(SPECIAL, "\\$&");
    at = end;
  }
  return isLineStart ? result.replace(LINE_START, "$1\\$2") : result;
}

/** A range's part in a line, without the spaces at its ends, next to which no mark counts. */
function within(range: TextRange, text: string, from: number, to: number): TextRange[] {
  let start = Math.max(range.offset, from);
  let end = Math.min(range.offset + range.length, to);
  if (RANK.has(range.type)) {
    while (start < end && /\s/.test(text.charAt(start))) start += 1;
    while (end > start && /\s/.test(text.charAt(end - 1))) end -= 1;
  }
  return end > start ? [{ ...range, offset: start, length: end - start }] : [];
}

function covers({ offset, length }: TextRange, at: number): boolean {
  return offset <= at && at < offset + length;
}

function unique(ranges: readonly TextRange[]): TextRange[] {
  return ranges.filter((range, index) => ranges.findIndex(({ type }) => type === range.type) === index);
}

function rank({ type }: TextRange): number {
  return RANK.get(type) ?? 0;
}

function markOf(range: TextRange): string {
  return MARKS[rank(range)]?.[1] ?? "";
}
