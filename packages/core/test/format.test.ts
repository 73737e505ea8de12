import { chunkRichText, measure, parseMarkdown, type RichText } from "@elizaos/connector-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const marked = (rich: RichText) =>
  rich.ranges.map((range) => [range.type, rich.text.slice(range.offset, range.offset + range.length)]);

describe("Markdown as text and ranges", () => {
  it.each([
    ["just words.", "just words.", []],
    [
      "**b** *i* ~~s~~ `c`",
      "b i s c",
      [
        ["bold", "b"],
        ["italic", "i"],
        ["strike", "s"],
        ["code", "c"],
      ],
    ],
    ["[here](https://a.b)", "here", [["link", "here"]]],
    ["# Head\n\ntext", "Head\n\ntext", [["bold", "Head"]]],
    ["```js\na < b\n```", "a < b", [["pre", "a < b"]]],
    ["- a\n- b\n  - c", "• a\n• b\n  • c", []],
    ["3. a\n4. b", "3. a\n4. b", []],
    ["> quoted\n> more", "quoted\nmore", [["quote", "quoted\nmore"]]],
    [
      "**bold *both***",
      "bold both",
      [
        ["bold", "bold both"],
        ["italic", "both"],
      ],
    ],
    ["1 < 2 & <b>raw</b>", "1 < 2 & <b>raw</b>", []],
    ["snake_case_name and 2*3*4", "snake_case_name and 234", [["italic", "3"]]],
  ])("%j", async (markdown, text, ranges) => {
    const rich = await parseMarkdown(markdown);
    expect(rich.text).toBe(text);
    expect(marked(rich)).toEqual(ranges);
  });

  it("tables become aligned fixed-width text", async () => {
    const rich = await parseMarkdown("| a | n |\n|---|--:|\n| long cell | 1 |");
    expect(rich.text).toBe("a         |   n\n----------|----\nlong cell |   1");
    expect(rich.ranges.map(({ type }) => type)).toEqual(["pre"]);
  });

  it("never loses a word of what was written", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.stringMatching(/^[a-zA-Z0-9]{1,8}$/), { minLength: 1, maxLength: 30 }),
        fc.constantFrom(" ", "\n", "\n\n", " **", "** ", "\n- "),
        async (words, glue) => {
          const rich = await parseMarkdown(words.join(glue));
          for (const word of words) expect(rich.text).toContain(word);
          for (const { offset, length } of rich.ranges)
            expect(offset + length).toBeLessThanOrEqual(rich.text.length);
        },
      ),
    );
  });
});

const anyText = fc
  .array(
    fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.constantFrom(" ", "\n", "\n\n", "👨‍👩‍👧‍👦", "🇩🇪", "e\u0301", "مرحبا", "word. "),
    ),
    { maxLength: 120 },
  )
  .map((parts) => parts.join(""));
const squeeze = (text: string) => text.replace(/\s+/g, "");
const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const graphemes = (text: string) => [...segmenter.segment(text)].map(({ segment }) => segment);

describe("E1 chunks", () => {
  it("keep everything but white space at the cuts, in order, within the limit, in every unit", () => {
    fc.assert(
      fc.property(
        anyText,
        fc.integer({ min: 32, max: 80 }),
        fc.constantFrom("utf16", "bytes", "codepoints", "graphemes"),
        fc.constantFrom("length", "newline"),
        (text, max, unit, mode) => {
          const chunks = chunkRichText({ text, ranges: [] }, { limit: { max, unit }, mode });
          expect(squeeze(chunks.map((chunk) => chunk.text).join(""))).toBe(squeeze(text));
          for (const chunk of chunks) {
            expect(chunk.text.trim()).not.toBe("");
            const [first = ""] = graphemes(chunk.text);
            expect(measure(chunk.text, unit)).toBeLessThanOrEqual(Math.max(max, measure(first, unit)));
          }
        },
      ),
    );
  });

  it("tear no grapheme", () => {
    const family = "👨‍👩‍👧‍👦";
    const chunks = chunkRichText(
      { text: family.repeat(40), ranges: [] },
      { limit: { max: 50, unit: "utf16" }, mode: "length" },
    );
    expect(chunks.flatMap((chunk) => graphemes(chunk.text))).toEqual(
      Array.from({ length: 40 }, () => family),
    );
  });

  it("keep links and code whole where they fit", async () => {
    const rich = await parseMarkdown(
      `${"word ".repeat(8)}[a link of several words](https://a.b) and \`some code here\` tail`,
    );
    for (let max = 26; max < 60; max++) {
      const chunks = chunkRichText(rich, { limit: { max, unit: "utf16" }, mode: "length" });
      const links = chunks.flatMap((chunk) => marked(chunk)).map(([, text]) => text);
      expect(links).toEqual(["a link of several words", "some code here"]);
    }
  });

  it("cut a long code block between lines and mark every piece as code", () => {
    const code = Array.from({ length: 40 }, (_, line) => `  line ${line};`).join("\n");
    const chunks = chunkRichText(
      { text: code, ranges: [{ type: "pre", offset: 0, length: code.length, language: "js" }] },
      { limit: { max: 100, unit: "utf16" }, mode: "length" },
    );
    expect(chunks.map((chunk) => chunk.text).join("\n")).toBe(code);
    for (const chunk of chunks)
      expect(chunk.ranges).toEqual([{ type: "pre", language: "js", offset: 0, length: chunk.text.length }]);
  });

  it("`newline` cuts at blank lines first, `length` as late as possible", () => {
    const text = `${"a".repeat(10)}\n\n${"b ".repeat(30)}`;
    const limit = { max: 50, unit: "utf16" } as const;
    expect(chunkRichText({ text, ranges: [] }, { limit, mode: "newline" })[0]?.text).toBe("a".repeat(10));
    expect(chunkRichText({ text, ranges: [] }, { limit, mode: "length" })[0]?.text.length).toBeGreaterThan(
      40,
    );
  });

  it("a short text is one chunk, an empty one none", () => {
    expect(
      chunkRichText({ text: "hi", ranges: [] }, { limit: { max: 16, unit: "utf16" }, mode: "length" }),
    ).toEqual([{ text: "hi", ranges: [] }]);
    expect(
      chunkRichText({ text: " \n ", ranges: [] }, { limit: { max: 16, unit: "utf16" }, mode: "length" }),
    ).toEqual([]);
  });
});
