import type { TextRange } from "@elizaos/connector-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { renderHtml } from "../src/format.js";

const range = (
  type: TextRange["type"],
  offset: number,
  length: number,
  more: Partial<TextRange> = {},
): TextRange => ({
  type,
  offset,
  length,
  ...more,
});

describe("Telegram's HTML", () => {
  it("escapes what would be read as markup", () => {
    expect(renderHtml({ text: 'a < b && "c" > d', ranges: [range("bold", 0, 5)] })).toBe(
      '<b>a &lt; b</b> &amp;&amp; "c" &gt; d',
    );
  });

  it("has a tag for each mark", () => {
    const types = ["bold", "italic", "underline", "strike", "spoiler", "code", "quote"] as const;
    expect(types.map((type) => renderHtml({ text: "x", ranges: [range(type, 0, 1)] }))).toEqual([
      "<b>x</b>",
      "<i>x</i>",
      "<u>x</u>",
      "<s>x</s>",
      "<tg-spoiler>x</tg-spoiler>",
      "<code>x</code>",
      "<blockquote>x</blockquote>",
    ]);
  });

  it("keeps a code block's language, and shows marks inside it as they are", () => {
    const html = renderHtml({
      text: "if (a < b) {}",
      ranges: [range("pre", 0, 13, { language: "ts" }), range("bold", 4, 1)],
    });
    expect(html).toBe('<pre><code class="language-ts">if (a &lt; b) {}</code></pre>');
  });

  it("escapes the target of a link", () => {
    expect(
      renderHtml({ text: "go", ranges: [range("link", 0, 2, { url: 'https://x.example/?a=1&b="2"' })] }),
    ).toBe('<a href="https://x.example/?a=1&amp;b=&quot;2&quot;">go</a>');
  });

  it("links a mention to the user where the id is known", () => {
    expect(renderHtml({ text: "Ada", ranges: [range("mention", 0, 3, { user: "1001" })] })).toBe(
      '<a href="tg://user?id=1001">Ada</a>',
    );
    expect(renderHtml({ text: "@ada", ranges: [range("mention", 0, 4)] })).toBe("@ada");
  });

  it("nests inner marks and closes crossing ones at the crossing", () => {
    expect(renderHtml({ text: "abcdef", ranges: [range("bold", 0, 6), range("italic", 2, 2)] })).toBe(
      "<b>ab<i>cd</i>ef</b>",
    );
    expect(renderHtml({ text: "abcdef", ranges: [range("bold", 0, 4), range("italic", 2, 4)] })).toBe(
      "<b>ab<i>cd</i></b><i>ef</i>",
    );
  });

  it("keeps a link whole under changing styles, and its target over code inside it", () => {
    const link = range("link", 0, 6, { url: "https://x.example" });
    expect(renderHtml({ text: "abcdef", ranges: [link, range("bold", 2, 2)] })).toBe(
      '<a href="https://x.example">ab<b>cd</b>ef</a>',
    );
    expect(renderHtml({ text: "abcdef", ranges: [link, range("code", 0, 6)] })).toBe(
      '<a href="https://x.example">abcdef</a>',
    );
  });
});

const TAG = /<(\/?)([a-z-]+)(?: [a-z]+="[^"<>]*")?>/g;
const TYPES = [
  "mention",
  "link",
  "command",
  "code",
  "pre",
  "bold",
  "italic",
  "strike",
  "underline",
  "quote",
  "spoiler",
  "emoji",
] as const;

/** Texts full of what must be escaped, with ranges that may cross, repeat and reach beyond the end. */
const marked = fc
  .array(fc.constantFrom("a", "<", ">", "&", '"', "&lt;", "</b>", "😀", "é", "\n", " ", "ש"), {
    maxLength: 24,
  })
  .chain((pieces) => {
    const text = pieces.join("");
    const ranges = fc.array(
      fc.record({
        type: fc.constantFrom(...TYPES),
        offset: fc.nat({ max: text.length + 2 }),
        length: fc.nat({ max: text.length + 2 }),
        url: fc.constantFrom("https://x.example/?a&b", '"><b>', "tg://user?id=1"),
        language: fc.constantFrom("ts", '"><i>'),
      }),
      { maxLength: 8 },
    );
    return fc.record({ text: fc.constant(text), ranges });
  });

describe("for any text and any ranges", () => {
  it("tags are balanced and properly nested, and none is within itself", () => {
    fc.assert(
      fc.property(marked, (rich) => {
        const open: string[] = [];
        for (const [, slash, name = ""] of renderHtml(rich).matchAll(TAG)) {
          if (slash === "") {
            expect(open).not.toContain(name);
            open.push(name);
          } else expect(open.pop()).toBe(name);
        }
        expect(open).toEqual([]);
      }),
    );
  });

  it("the text that Telegram shows is the text that was given", () => {
    fc.assert(
      fc.property(marked, (rich) => {
        const shown = renderHtml(rich)
          .replace(TAG, "")
          .replaceAll("&lt;", "<")
          .replaceAll("&gt;", ">")
          .replaceAll("&quot;", '"')
          .replaceAll("&amp;", "&");
        expect(shown).toBe(rich.text);
      }),
    );
  });

  it("code blocks and inline code hold no other tags", () => {
    fc.assert(
      fc.property(marked, (rich) => {
        const html = renderHtml(rich);
        for (const [, inside = ""] of html.matchAll(
          /<pre>(?:<code class="[^"]*">)?(.*?)(?:<\/code>)?<\/pre>/gs,
        ))
          expect(inside).not.toMatch(/</);
        for (const [, inside = ""] of html.matchAll(/<code>(.*?)<\/code>/gs)) expect(inside).not.toMatch(/</);
      }),
    );
  });
});
