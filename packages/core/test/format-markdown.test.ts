import { type MarkdownOptions, parseMarkdown, type RichText } from "@elizaos/connector-core";
import { describe, expect, it } from "vitest";

const marked = (rich: RichText) =>
  rich.ranges.map((range) => [range.type, rich.text.slice(range.offset, range.offset + range.length)]);
const textOf = async (markdown: string, tables: NonNullable<MarkdownOptions["tables"]> = "code") =>
  (await parseMarkdown(markdown, { tables })).text;

const people = ["| Name | Age |", "|:--|--:|", "| **Ada** | 36 |", "| Alan | |", "| | |"].join("\n");

describe("tables", () => {
  it("as bullets name each value, leave out empty cells and rows, and keep marks", async () => {
    const rich = await parseMarkdown(people, { tables: "bullets" });
    expect(rich.text).toBe("• Name: Ada; Age: 36\n• Name: Alan");
    expect(marked(rich)).toEqual([["bold", "Ada"]]);
  });

  it("as bullets, with nothing but a header, are the header", async () => {
    expect(await textOf("| a | b |\n|---|---|", "bullets")).toBe("• a; b");
  });

  it("switched off are as they were written, also in quotes and lists", async () => {
    expect(await textOf(`before\n\n${people}\n\nafter`, "off")).toBe(`before\n\n${people}\n\nafter`);
    expect(await textOf(`> ${people.replaceAll("\n", "\n> ")}`, "off")).toBe(people);
    expect(await textOf(`- ${people.replaceAll("\n", "\n  ")}`, "off")).toBe(
      `• ${people.replaceAll("\n", "\n  ")}`,
    );
    expect(await textOf("a | b\n:- | -", "off")).toBe("a | b\n:- | -");
  });

  it("are aligned to the left, the right and the centre", async () => {
    expect(await textOf("| l | r | c |\n|:--|--:|:-:|\n| aaaaa | bbbbb | ccccc |\n| 1 | 2 | 3 |")).toBe(
      ["l     |     r |   c", "------|-------|------", "aaaaa | bbbbb | ccccc", "1     |     2 |   3"].join(
        "\n",
      ),
    );
  });

  it("count a CJK character and an emoji as two columns, an accent as none", async () => {
    expect(
      await textOf("| a | b |\n|---|---|\n| 漢字 | 1 |\n| 👨‍👩‍👧‍👦 | 2 |\n| e\u0301e | 3 |\n| abcd | 4 |"),
    ).toBe(["a    | b", "-----|----", "漢字 | 1", "👨‍👩‍👧‍👦   | 2", "e\u0301e   | 3", "abcd | 4"].join("\n"));
  });

  it("in a fixed-width block spell out where a link goes", async () => {
    expect(
      await textOf(
        "| a |\n|---|\n| [docs](https://x.example/d) |\n| https://x.example |\n| [](https://y.example) |",
      ),
    ).toBe(
      [
        "a",
        "--------------------------",
        "docs (https://x.example/d)",
        "https://x.example",
        "https://y.example",
      ].join("\n"),
    );
  });

  it("that padding would blow up are as they were written", async () => {
    const wide = `${"|a".repeat(200)}|\n${"|-".repeat(200)}|\n${"|b|\n".repeat(150)}`.trim();
    expect(await textOf(wide)).toBe(wide);
  });
});

describe("lists", () => {
  it("indent what stands in them, but not the lines of code", async () => {
    const rich = await parseMarkdown(
      "- one\n  - two\n    three\n\n    ```py\n    if x:\n        y\n    ```\n- > said\n  > again",
    );
    expect(rich.text).toBe("• one\n  • two\n    three\nif x:\n    y\n• \nsaid\nagain");
    expect(marked(rich)).toEqual([
      ["pre", "if x:\n    y"],
      ["quote", "said\nagain"],
    ]);
  });
});

describe("marks", () => {
  it("of one kind inside one another are one", async () => {
    expect(marked(await parseMarkdown("# a **b _c_** _d *e*_"))).toEqual([
      ["bold", "a b c d e"],
      ["italic", "c"],
      ["italic", "d e"],
    ]);
  });

  it("that cover the same text stand with the outer one first", async () => {
    const { ranges } = await parseMarkdown("[![logo](https://x.example/p.png)](https://x.example)");
    expect(ranges.map(({ url }) => url)).toEqual(["https://x.example", "https://x.example/p.png"]);
  });

  it("without text show their target, or stay as written", async () => {
    expect(await textOf("[](https://x.example)")).toBe("https://x.example");
    expect(await textOf("a []() ![]()")).toBe("a []() ![]()");
  });
});

describe("what the parser would lose or move", () => {
  it.each([
    ["a byte order mark", "\uFEFF**a** [x][y]", "a [x][y]"],
    ["line ends of every kind", "*a*\r\nb\rc", "a\nb\nc"],
    ["half a surrogate pair next to another", "*\ud83d***\ude00**", "\ufffd\ufffd"],
    ["HTML in a quote", "> <div>\n> x\n> </div>", "<div>\nx\n</div>"],
    ["an empty code block", "a\n\n```\n```\n\nb", "a\n\nb"],
    ["a code block that never begins", "```js is a language", "```js is a language"],
    ["nothing but markup", "#", "#"],
  ])("%s", async (_, markdown, text) => {
    expect(await textOf(markdown)).toBe(text);
  });
});
