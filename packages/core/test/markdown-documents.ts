import fc from "fast-check";

const scraps = [
  "word",
  "naïve café",
  "e\u0301",
  "👨‍👩‍👧‍👦",
  "🇩🇪🇫🇷",
  "👍🏽",
  "❤️",
  "مرحبا بالعالم",
  "שלום",
  "漢字かな。",
  "\u200b",
  "\u200d",
  "\u202e",
  "\ud83d",
  "\ude00",
  "\u0000",
  "&amp;",
  "&lt;b&gt;",
  "&#x1F600;",
  "<b>",
  "</i>",
  "<br>",
  "<!-- c -->",
  "\\*",
  "\\[",
  "*",
  "**",
  "_",
  "~~",
  "`",
  "[",
  "](",
  "|",
  "@somebody",
  "https://x.example/?a=1&b=2",
  "a_b_c",
  "1. ",
  "# ",
  "> ",
  "  ",
];

/** Words, emoji, scripts from right to left, escapes, and delimiters that stand for nothing. */
const inlineText = fc
  .array(fc.oneof(fc.constantFrom(...scraps), fc.string({ unit: "binary", maxLength: 6 })), {
    minLength: 1,
    maxLength: 6,
  })
  .map((parts) => parts.join(" ").replaceAll(/[\r\n]/g, " "));

const { inline, block } = fc.letrec<{ inline: string; block: string }>((tie) => {
  const wrapped = (before: string, after = before) => tie("inline").map((text) => before + text + after);
  const lines = (prefix: string) => tie("block").map((text) => text.replaceAll(/^/gm, prefix));
  const items = (marker: string) =>
    fc
      .array(tie("block"), { minLength: 1, maxLength: 3 })
      .map((blocks) =>
        blocks.map((text) => marker + text.replaceAll("\n", `\n${" ".repeat(marker.length)}`)).join("\n"),
      );
  return {
    inline: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      inlineText,
      wrapped("**"),
      wrapped("*"),
      wrapped("_"),
      wrapped("~~"),
      wrapped("[", "](https://x.example/?a=1&b=2)"),
      wrapped("![", "](https://x.example/p.png)"),
      fc.constantFrom("`co de`", "`` a`b ``", "<https://x.example>", "[](https://x.example)", "[x][y]"),
    ),
    block: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.array(tie("inline"), { minLength: 1, maxLength: 4 }).map((parts) => parts.join(" ")),
      fc.array(tie("inline"), { minLength: 1, maxLength: 8 }).map((parts) => parts.join("\n")),
      tie("inline").map((text) => `## ${text}`),
      items("- "),
      items("3. "),
      items("- [x] "),
      lines("> "),
      fc
        .tuple(
          fc.constantFrom("", "js", "c++", 'a"b', "x&y"),
          fc.array(
            inlineText.map((text) => `    ${text}`),
            { maxLength: 6 },
          ),
        )
        .map(([language, code]) => `~~~${language}\n${code.join("\n")}\n~~~`),
      fc
        .tuple(
          fc.array(fc.constantFrom(":--", "--:", ":-:", "---"), { minLength: 1, maxLength: 4 }),
          fc.array(fc.array(tie("inline"), { maxLength: 4 }), { maxLength: 4 }),
        )
        .map(([rule, rows]) => {
          const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
          return [row(rule.map((_, column) => `h${column}`)), row(rule), ...rows.map(row)].join("\n");
        }),
      fc.constantFrom("---", "<div>\nraw\n</div>", "[y]: https://x.example", "#", "```\n```", "Head\n==="),
    ),
  };
});

/** Whole Markdown documents, of all that CommonMark and GFM have and of what only looks like it. */
export const markdownDocument: fc.Arbitrary<string> = fc
  .array(fc.oneof(block, inline), { minLength: 1, maxLength: 6 })
  .chain((blocks) => fc.constantFrom("\n\n", "\n", "\r\n\r\n").map((glue) => blocks.join(glue)));
