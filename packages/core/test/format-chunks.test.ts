import { chunkRichText, parseMarkdown, type RichText, type TextLimit } from "@elizaos/connector-core";
import { describe, expect, it } from "vitest";

type Mode = "length" | "newline";
const cut = (
  rich: RichText | string,
  max: number,
  mode: Mode = "length",
  unit: TextLimit["unit"] = "utf16",
) =>
  chunkRichText(typeof rich === "string" ? { text: rich, ranges: [] } : rich, { limit: { max, unit }, mode });
const texts = (rich: RichText | string, max: number, mode?: Mode, unit?: TextLimit["unit"]) =>
  cut(rich, max, mode, unit).map((chunk) => chunk.text);

describe("a cut", () => {
  it("leaves whole what fits exactly, and what fits without the white space at its end", () => {
    expect(texts("aaaa bbbb", 9)).toEqual(["aaaa bbbb"]);
    expect(texts("aaaa\nbb  \n", 7)).toEqual(["aaaa\nbb"]);
  });

  it("is not in a word, a link or a mention that goes whole into the next chunk, however early", () => {
    expect(texts("a bbbbbbbbbbbbbbb c", 16)).toEqual(["a", "bbbbbbbbbbbbbbb", "c"]);
    const text = "see @somebody_long for it";
    const rich: RichText = { text, ranges: [{ type: "mention", offset: 4, length: 14, user: "7" }] };
    expect(texts(rich, 16)).toEqual(["see", "@somebody_long", "for it"]);
  });

  it("fills the chunk with a word or a mention that is too long for any", () => {
    expect(texts(`a ${"b".repeat(40)}`, 16)).toEqual([`a ${"b".repeat(14)}`, "b".repeat(16), "b".repeat(10)]);
    const mention: RichText = {
      text: "@".repeat(20),
      ranges: [{ type: "mention", offset: 0, length: 20, user: "7" }],
    };
    expect(cut(mention, 16)).toEqual([
      { text: "@".repeat(16), ranges: [{ type: "mention", offset: 0, length: 16, user: "7" }] },
      { text: "@".repeat(4), ranges: [{ type: "mention", offset: 0, length: 4, user: "7" }] },
    ]);
  });

  it("comes after a sentence, also where no blank follows it", () => {
    expect(texts("One two. Three four five six", 16)).toEqual(["One two.", "Three four five", "six"]);
    expect(texts("一二三四五六七。」八九十一二", 10)).toEqual(["一二三四五六七。」", "八九十一二"]);
  });

  it("is not between a sentence's end and what belongs to it, or in a blank with an accent", () => {
    expect(texts("一二三四五六七！\ufe0f八九十一二", 10)).toEqual(["一二三四五六七！\ufe0f", "八九十一二"]);
    expect(texts("aaaaa bbb \u0301cc dd", 13)).toEqual(["aaaaa bbb \u0301cc", "dd"]);
    expect(texts("aaaaa bbbb \u0301ccccccc", 12)).toEqual(["aaaaa bbbb", " \u0301ccccccc"]);
  });

  it("is not where a space holds words together", () => {
    expect(texts("aaaaaa bbb 10\u00a0km", 13)).toEqual(["aaaaaa bbb", "10\u00a0km"]);
  });

  it("keeps the indentation of the line that follows", () => {
    expect(texts("• one two\n  • three\n  • four", 12)).toEqual(["• one two", "  • three", "  • four"]);
    expect(texts("aaaaaaaa\n        bbbbbbbb", 16)).toEqual(["aaaaaaaa", "        bbbbbbbb"]);
  });

  it("at a Windows line end leaves nothing of it", () => {
    expect(texts("aaaa\r\n\r\nbbbb", 6)).toEqual(["aaaa", "bbbb"]);
  });

  it("is between code points where one grapheme is longer than the limit", () => {
    const family = "👨‍👩‍👧‍👦";
    expect(texts(family, 5).join("")).toBe(family);
    expect(texts("😀😀", 1)).toEqual(["😀", "😀"]);
    for (const chunk of texts(`e${"\u0301".repeat(100)}`, 16, "length", "bytes"))
      expect(Buffer.byteLength(chunk)).toBeLessThanOrEqual(16);
  });
});

describe("a code block", () => {
  it("goes whole into the next chunk where it fits into one", async () => {
    const rich = await parseMarkdown(
      "Some words before.\n\n```js\nconst a = 1;\nconst b = 2;\n```\n\nand after",
    );
    expect(cut(rich, 40)).toEqual([
      { text: "Some words before.", ranges: [] },
      {
        text: "const a = 1;\nconst b = 2;\n\nand after",
        ranges: [{ type: "pre", language: "js", offset: 0, length: 25 }],
      },
    ]);
  });

  it("that is too long is cut between lines, closed and opened again, inside its quote", async () => {
    const rich = await parseMarkdown("> ```js\n> if (a) {\n>     b();\n>\n>     c();\n> }\n> ```");
    expect(cut(rich, 20)).toEqual([
      {
        text: "if (a) {\n    b();",
        ranges: [
          { type: "quote", offset: 0, length: 17 },
          { type: "pre", language: "js", offset: 0, length: 17 },
        ],
      },
      {
        text: "    c();\n}",
        ranges: [
          { type: "quote", offset: 0, length: 10 },
          { type: "pre", language: "js", offset: 0, length: 10 },
        ],
      },
    ]);
  });

  it("is not cut inside a line that fits into the next chunk", () => {
    const text = "a = 1;\nlonger_line(that, fits);\nb";
    const rich: RichText = { text, ranges: [{ type: "pre", offset: 0, length: text.length }] };
    expect(texts(rich, 26)).toEqual(["a = 1;", "longer_line(that, fits);\nb"]);
  });
});

describe("`newline`", () => {
  const text = "One.\n\nTwo has a few more words.\n\nThree.\n\nFour.";

  it("keeps paragraphs whole and together, as many as fit", () => {
    expect(texts(text, 30, "newline")).toEqual(["One.", "Two has a few more words.", "Three.\n\nFour."]);
    expect(texts(text, 30, "length")[0]).toBe("One.\n\nTwo has a few more");
  });

  it("cuts a paragraph that is too long as `length` does, and nothing that fits", () => {
    expect(texts(`One.\n\n${"word ".repeat(12)}`, 30, "newline")).toEqual([
      "One.",
      "word word word word word word",
      "word word word word word word",
    ]);
    expect(texts(text, 100, "newline")).toEqual([text]);
  });

  it("does not take a blank line in code for the end of a paragraph", () => {
    const code = `a();\n\n${"b();\n".repeat(6)}`.trim();
    const rich: RichText = { text: code, ranges: [{ type: "pre", offset: 0, length: code.length }] };
    expect(texts(rich, 30, "newline")[0]).toBe("a();\n\nb();\nb();\nb();\nb();\nb();");
  });
});
