/** Longest text that is parsed, in UTF-16 units: some 25 messages. The parser takes about a second for it. */
const MAX_LENGTH = 100_000;

/** Lists and quotes inside one another. The parser's time grows with the square of it, its stack with it. */
const MAX_DEPTH = 100;

/** Square brackets inside one another. The parser's time grows with more than the square of it. */
const MAX_BRACKETS = 32;

/** Sum, over all blocks, of the square of the number of delimiters in the block: what the parser's time grows with. */
const MAX_DELIMITERS_SQUARED = 2_500 ** 2;

const MARKERS = /^[ \t]*(?:(?:>|[-+*](?=[ \t]|$)|\d{1,9}[.)](?=[ \t]|$))[ \t]*)*/;
const MARKER = />|[-+*]|\d+[.)]/g;
const DELIMITER = /[*_~<[\]|]/g;

/**
 * How much of a text can be parsed in reasonable time: `all` of it, its `blocks` only (code, lists, quotes; emphasis,
 * links and tables stay as written), or `nothing`. Takes linear time itself.
 */
export function parsable(markdown: string): "all" | "blocks" | "nothing" {
  if (markdown.length > MAX_LENGTH) return "nothing";
  let result: "all" | "blocks" = "all";
  let effort = 0;
  let delimiters = 0;
  let brackets = 0;
  for (const line of markdown.split(/\r\n|[\r\n]/)) {
    if (line.trim() === "") {
      effort += delimiters ** 2;
      delimiters = 0;
      brackets = 0;
      continue;
    }
    if (depth(line) > MAX_DEPTH) return "nothing";
    for (const [delimiter] of line.matchAll(DELIMITER)) {
      delimiters++;
      if (delimiter === "[" && ++brackets > MAX_BRACKETS) result = "blocks";
      if (delimiter === "]" && brackets > 0) brackets--;
    }
    // A line costs as much as a delimiter where it may turn out to be a table's.
    delimiters++;
  }
  return effort + delimiters ** 2 > MAX_DELIMITERS_SQUARED ? "blocks" : result;
}

/** How deep in lists and quotes a line can be at most: two columns make a level, a tab is up to four. */
function depth(line: string): number {
  const [start = ""] = MARKERS.exec(line) ?? [];
  const [indent = ""] = /^[ \t]*/.exec(start) ?? [];
  const columns = indent.length + 3 * (indent.split("\t").length - 1);
  return columns / 2 + [...start.matchAll(MARKER)].length;
}
