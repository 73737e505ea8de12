import type { SimulatedMark } from "../../kit/platform.js";

/** What people read of a text with Discord's Markdown, and what stands out in it. */
export interface Rendered {
  text: string;
  marks: SimulatedMark[];
}

interface Rule {
  pattern: RegExp;
  render: (match: RegExpExecArray, marks: SimulatedMark[]) => string;
}

const FENCE = /```(?:[\w+-]*\n)?([\s\S]+?)\n?```/g;
const LINE_START = /^(?:#{1,3} |-# )/;
const QUOTE = /^> ?/;

/** Renders what a Discord client shows (Discord's help, "Markdown Text 101"). */
export function render(
  content: string,
  nameOf: (mention: string) => string = (mention) => mention,
): Rendered {
  const marks: SimulatedMark[] = [];
  const parts: string[] = [];
  let end = 0;
  for (const match of content.matchAll(FENCE)) {
    parts.push(lines(content.slice(end, match.index), marks, nameOf));
    const code = match[1] ?? "";
    marks.push({ type: "pre", text: code });
    parts.push(code);
    end = match.index + match[0].length;
  }
  parts.push(lines(content.slice(end), marks, nameOf));
  return { text: parts.join(""), marks };
}

function lines(text: string, marks: SimulatedMark[], nameOf: (mention: string) => string): string {
  return text
    .split("\n")
    .map((line) => {
      const isQuote = QUOTE.test(line);
      const bare = line.replace(QUOTE, "").replace(LINE_START, "");
      const shown = inline(bare, marks, nameOf);
      if (isQuote) marks.push({ type: "quote", text: shown });
      return shown;
    })
    .join("\n");
}

function inline(text: string, marks: SimulatedMark[], nameOf: (mention: string) => string): string {
  const wrapped =
    (type: SimulatedMark["type"]) =>
    ([, inner = ""]: RegExpExecArray): string => {
      const shown = inline(inner, marks, nameOf);
      marks.push({ type, text: shown });
      return shown;
    };
  const linked = (shown: string, url: string): string => {
    marks.push({ type: "link", text: shown, url });
    return shown;
  };
  const rules: readonly Rule[] = [
    { pattern: /\\([^0-9A-Za-z\s])/y, render: ([, sign = ""]) => sign },
    {
      pattern: /(`+)([\s\S]*?[^`])\1(?!`)/y,
      render: ([, , code = ""]) => {
        const shown = code.replace(/^ (?=`)|(?<=`) $/g, "");
        marks.push({ type: "code", text: shown });
        return shown;
      },
    },
    { pattern: /\*\*((?:\\.|[^\\])+?)\*\*(?!\*)/sy, render: wrapped("bold") },
    { pattern: /__((?:\\.|[^\\])+?)__(?!_)/sy, render: wrapped("underline") },
    { pattern: /~~((?:\\.|[^\\])+?)~~/sy, render: wrapped("strike") },
    { pattern: /\|\|((?:\\.|[^\\])+?)\|\|/sy, render: wrapped("spoiler") },
    { pattern: /\*(?=\S)((?:\*\*|\\.|[^\\*])+?)(?<!\s)\*(?!\*)/sy, render: wrapped("italic") },
    { pattern: /\b_((?:__|\\.|[^\\_])+?)_\b/sy, render: wrapped("italic") },
    {
      pattern: /\[((?:\\.|[^\]\\])+)\]\(<?(https?:\/\/[^\s<>]+?)>?\)/y,
      render: ([, label = "", url = ""]) => linked(inline(label, marks, nameOf), url),
    },
    { pattern: /<(https?:\/\/[^\s<>]+)>/y, render: ([, url = ""]) => linked(url, url) },
    { pattern: /https?:\/\/[^\s<>]*[^\s<>.,:;"')\]]/y, render: ([url]) => linked(url, url) },
    {
      pattern: /<(?:@!?|@&|#)\d{17,20}>/y,
      render: ([mention]) => {
        const shown = nameOf(mention);
        marks.push({ type: "mention", text: shown });
        return shown;
      },
    },
  ];
  let shown = "";
  let at = 0;
  while (at < text.length) {
    const taken = take(rules, text, at);
    if (taken === undefined) {
      shown += text[at] ?? "";
      at += 1;
    } else {
      shown += taken.rule.render(taken.match, marks);
      at += taken.match[0].length;
    }
  }
  return shown;
}

function take(
  rules: readonly Rule[],
  text: string,
  at: number,
): { rule: Rule; match: RegExpExecArray } | undefined {
  for (const rule of rules) {
    rule.pattern.lastIndex = at;
    const match = rule.pattern.exec(text);
    if (match !== null) return { rule, match };
  }
  return undefined;
}
