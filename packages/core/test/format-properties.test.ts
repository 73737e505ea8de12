import {
  chunkRichText,
  type MarkdownOptions,
  measure,
  parseMarkdown,
  type RichText,
  type TextLimit,
} from "@elizaos/connector-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { markdownDocument } from "./markdown-documents.js";

const anyTables = fc.constantFrom<NonNullable<MarkdownOptions["tables"]>>("off", "bullets", "code");
const anyUnit = fc.constantFrom<TextLimit["unit"]>("utf16", "bytes", "codepoints", "graphemes");
const anyMode = fc.constantFrom<"length" | "newline">("length", "newline");
const squeeze = (text: string) => text.replaceAll(/\s/g, "");

/** What is wrong with the ranges: outside the text, inside a code point, not sorted, crossing. */
function rangeProblems({ text, ranges }: RichText): string[] {
  const problems: string[] = [];
  const open: number[] = [];
  let last = { offset: 0, end: Number.POSITIVE_INFINITY };
  for (const { type, offset, length } of ranges) {
    const end = offset + length;
    const where = `${type} ${offset}-${end} of ${JSON.stringify(text)}`;
    if (length <= 0 || end > text.length) problems.push(`outside: ${where}`);
    if (offset < last.offset || (offset === last.offset && end > last.end)) problems.push(`order: ${where}`);
    last = { offset, end };
    for (const position of [offset, end]) {
      const around = text.slice(Math.max(0, position - 1), position + 1);
      if (/^[\ud800-\udbff][\udc00-\udfff]$/.test(around)) problems.push(`half a character: ${where}`);
    }
    while ((open.at(-1) ?? end) <= offset) open.pop();
    if (end > (open.at(-1) ?? end)) problems.push(`crossing: ${where}`);
    open.push(end);
  }
  return problems;
}

/** Each character that is not white space, with its marks. */
function marksByCharacter({ text, ranges }: RichText): string[] {
  const marks = Array.from({ length: text.length }, () => new Set<string>());
  for (const { type, offset, length, url = "", language = "" } of ranges) {
    for (let at = offset; at < offset + length; at++) marks[at]?.add(`${type} ${url}${language}`);
  }
  return marks.flatMap((names, at) => {
    const character = text.charAt(at);
    return squeeze(character) === "" ? [] : [`${character} ${[...names].sort().join(", ")}`];
  });
}

describe("any Markdown", () => {
  it("is read as text with ranges that lie inside it, between code points, and never cross", async () => {
    await fc.assert(
      fc.asyncProperty(markdownDocument, anyTables, async (markdown, tables) => {
        expect(rangeProblems(await parseMarkdown(markdown, { tables }))).toEqual([]);
      }),
      { numRuns: 250 },
    );
  });

  it("keeps every word, however it is marked", async () => {
    const word = /[a-z]{4,}|[\u0621-\u064a]{4,}/gu;
    await fc.assert(
      fc.asyncProperty(markdownDocument, anyTables, async (markdown, tables) => {
        const { text, ranges } = await parseMarkdown(markdown, { tables });
        const targets = ranges.map(({ url = "", language = "" }) => ` ${url} ${language}`).join("");
        // The names of character references are not shown, nor what follows the language of a code block.
        const shown = markdown.replaceAll(/&\w+;|(?:~~~|```)[^\n]*/g, "");
        for (const [kept] of shown.matchAll(word)) expect(text + targets).toContain(kept);
      }),
      { numRuns: 250 },
    );
  });

  it("with `enabled: false` is sent as it was written", async () => {
    await fc.assert(
      fc.asyncProperty(markdownDocument, async (markdown) => {
        expect(await parseMarkdown(markdown, { enabled: false })).toEqual({ text: markdown, ranges: [] });
      }),
    );
  });

  it.each([
    ["quotes in quotes", ">".repeat(50_000)],
    ["quotes in quotes, many times", `${">".repeat(30)}a\n\n`.repeat(3_000)],
    ["lists in lists", `${"- ".repeat(50_000)}a`],
    ["lists and quotes in one another", "> - ".repeat(20_000)],
    ["brackets", "[".repeat(50_000)],
    ["closed brackets", `${"[".repeat(30_000)}a${"]".repeat(30_000)}`],
    ["links in links", `${"[".repeat(10_000)}a${"](u)".repeat(10_000)}`],
    ["images in images", `${"![".repeat(10_000)}a${"](u)".repeat(10_000)}`],
    ["emphasis in emphasis", `${"*a _b ".repeat(8_000)}${"b_ a* ".repeat(8_000)}`],
    ["emphasis in emphasis, as deep as is read", `${"*a **b ".repeat(250)}${"b** a* ".repeat(250)}`],
    ["stars", `${"*".repeat(30_000)}a${"*".repeat(30_000)}`],
    ["closing stars", "a* ".repeat(30_000)],
    ["instructions", "a <?".repeat(20_000)],
    ["footnotes", "[^a] ".repeat(18_000)],
    ["rules of tables", "a\n-|-\n".repeat(16_000)],
    [
      "a table of three hundred columns",
      `${"|a".repeat(300)}|\n${"|-".repeat(300)}|\n${"|a\n".repeat(1_000)}`,
    ],
    ["empty lines", "\n".repeat(1_000_000)],
    ["a megabyte of bold words", "**word** ".repeat(110_000)],
  ])("of nothing but %s is read in bounded time, and not blown up", async (_, markdown) => {
    const { text } = await parseMarkdown(markdown);
    expect(text).toContain(/[a-z]+/.exec(markdown)?.[0] ?? markdown[0]);
    expect(text.length).toBeLessThan(10 * markdown.length);
  });
});

const anyRichText = fc.oneof(
  fc.tuple(markdownDocument, anyTables).map(([markdown, tables]) => parseMarkdown(markdown, { tables })),
  fc.string({ unit: "binary", maxLength: 300 }).map(async (text) => ({ text, ranges: [] })),
  fc
    .array(
      fc.constantFrom(
        " ",
        "\n",
        "\r\n",
        "\u0301",
        "👨‍👩‍👧‍👦",
        "🇩🇪",
        "\u200d",
        "\ufe0f",
        "\ud83d",
        "क्षि",
        "각",
        "a",
        "漢。",
      ),
      {
        maxLength: 150,
      },
    )
    .map(async (parts) => ({ text: parts.join(""), ranges: [] })),
);

describe("chunks of any text", () => {
  const anyLimit = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 40, max: 400 }));

  it("keep every character but white space, in order, with its marks", async () => {
    await fc.assert(
      fc.asyncProperty(anyRichText, anyLimit, anyUnit, anyMode, async (reading, max, unit, mode) => {
        const rich = await reading;
        const chunks = chunkRichText(rich, { limit: { max, unit }, mode });
        expect(chunks.flatMap(marksByCharacter)).toEqual(marksByCharacter(rich));
      }),
      { numRuns: 250 },
    );
  });

  it("are within the limit, hold something, and have valid ranges", async () => {
    await fc.assert(
      fc.asyncProperty(anyRichText, anyLimit, anyUnit, anyMode, async (reading, max, unit, mode) => {
        for (const chunk of chunkRichText(await reading, { limit: { max, unit }, mode })) {
          expect(squeeze(chunk.text)).not.toBe("");
          if ([...chunk.text].length > 1) expect(measure(chunk.text, unit)).toBeLessThanOrEqual(max);
          expect(rangeProblems(chunk)).toEqual([]);
        }
      }),
      { numRuns: 250 },
    );
  });

  it("tear no grapheme that fits into one", async () => {
    const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });
    const graphemes = (text: string) =>
      [...segmenter.segment(text)].map(({ segment }) => segment).filter((one) => squeeze(one) !== "");
    await fc.assert(
      fc.asyncProperty(
        anyRichText,
        fc.integer({ min: 60, max: 90 }),
        anyUnit,
        anyMode,
        async (reading, max, unit, mode) => {
          const { text } = await reading;
          fc.pre(graphemes(text).every((grapheme) => measure(grapheme, unit) <= max));
          const chunks = chunkRichText({ text, ranges: [] }, { limit: { max, unit }, mode });
          expect(chunks.flatMap((chunk) => graphemes(chunk.text))).toEqual(graphemes(text));
        },
      ),
      { numRuns: 250 },
    );
  });

  it("tear no link, mention, code or code block that fits into one, and no line of code", async () => {
    const word = fc.stringMatching(/^[a-z]{1,9}[.,]?$/);
    const words = fc.array(word, { minLength: 1, maxLength: 6 }).map((parts) => parts.join(" "));
    const piece = fc.record({
      type: fc.constantFrom("link", "mention", "code", "pre", undefined),
      lines: fc.array(words, { minLength: 1, maxLength: 4 }),
      before: fc.constantFrom("", " ", "\n", "\n\n"),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { maxLength: 12 }),
        fc.integer({ min: 62, max: 120 }),
        anyMode,
        async (pieces, max, mode) => {
          let text = "";
          const ranges: RichText["ranges"][number][] = [];
          for (const { type, lines, before } of pieces) {
            const inner = lines.join(type === "pre" ? "\n" : " ");
            // A code block stands on lines of its own.
            text += type === "pre" || ranges.at(-1)?.type === "pre" ? "\n" : before;
            if (type !== undefined)
              ranges.push({ type, offset: text.length, length: inner.length, url: `${ranges.length}` });
            text += inner;
          }
          const chunks = chunkRichText({ text, ranges }, { limit: { max, unit: "utf16" }, mode });
          for (const { type, offset, length, url } of ranges) {
            const parts = chunks.flatMap((chunk) =>
              chunk.ranges
                .filter((range) => range.url === url)
                .map((range) => chunk.text.slice(range.offset, range.offset + range.length)),
            );
            const whole = text.slice(offset, offset + length);
            if (length <= max) expect(parts).toEqual([whole]);
            else if (type === "pre") expect(parts.join("\n")).toBe(whole);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it("`newline` cuts no paragraph that fits into one", () => {
    const paragraph = fc
      .stringMatching(/^[a-z][a-z .\n]{0,38}[a-z]$/)
      .map((text) => text.replaceAll(/\n\s*\n/g, "\n"));
    fc.assert(
      fc.property(
        fc.array(paragraph, { maxLength: 12 }),
        fc.integer({ min: 41, max: 120 }),
        (paragraphs, max) => {
          const text = paragraphs.join("\n\n");
          const chunks = chunkRichText(
            { text, ranges: [] },
            { limit: { max, unit: "utf16" }, mode: "newline" },
          );
          expect(chunks.flatMap((chunk) => chunk.text.split("\n\n"))).toEqual(paragraphs);
        },
      ),
    );
  });
});
