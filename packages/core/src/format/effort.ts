/** Longest text that is parsed, in UTF-16 units: some 25 messages. The parser takes about a second for it. */
const MAX_LENGTH = 100_000;

/** A line costs the parser time, however short it is. */
const MAX_LINES = 5_000;

/** Lists and quotes inside one another. */
const MAX_DEPTH = 32;

/** Sum, over all lines, of the square of their depth in lists and quotes: what the parser's time for blocks grows with. */
const MAX_DEPTH_SQUARED = 400_000;

/** Square brackets inside one another. The parser's time grows with more than the square of it. */
const MAX_BRACKETS = 32;

/** Sum, over all paragraphs, of the square of the number of delimiters: what its time for inline text grows with. */
const MAX_DELIMITERS_SQUARED = 2_000 ** 2;

/** The markers of lists and quotes with which a line starts. */
const CONTAINERS = /^([ \t]*)((?:(?:>|[-+*](?=[ \t]|$)|\d{1,9}[.)](?=[ \t]|$))[ \t]*)+)/;
const CONTAINER = />|[-+*]|\d+[.)]/g;
const DELIMITER = /[*_~<[\]|]/g;

/**
 * How much of a text can be parsed in reasonable time: `all` of it, its `blocks` only (code, lists, quotes; emphasis,
 * links and tables stay as written), or `nothing`. Takes linear time itself.
 */
export function parsable(markdown: string): "all" | "blocks" | "nothing" {
  if (markdown.length > MAX_LENGTH) return "nothing";
  const lines = markdown.split(/\r\n|[\r\n]/);
  if (lines.length > MAX_LINES) return "nothing";
  let nesting = 0;
  let effort = 0;
  let delimiters = 0;
  let brackets = 0;
  let tooManyBrackets = false;
  for (const line of lines) {
    if (line.trim() === "") {
      effort += delimiters ** 2;
      delimiters = 0;
      brackets = 0;
      continue;
    }
    const deep = depth(line);
    nesting += deep ** 2;
    if (deep > MAX_DEPTH || nesting > MAX_DEPTH_SQUARED) return "nothing";
    for (const [delimiter] of line.matchAll(DELIMITER)) {
      delimiters++;
      if (delimiter === "[" && ++brackets > MAX_BRACKETS) tooManyBrackets = true;
      if (delimiter === "]" && brackets > 0) brackets--;
    }
    // A line costs as much as a delimiter, since it may turn out to be a table's.
    delimiters++;
  }
  return tooManyBrackets || effort + delimiters ** 2 > MAX_DELIMITERS_SQUARED ? "blocks" : "all";
}

/** How deep in lists and quotes a line can begin another one: two columns make a level, a tab is up to four columns. */
function depth(line: string): number {
  const [, indent = "", markers] = CONTAINERS.exec(line) ?? [];
  if (markers === undefined) return 0;
  const columns = indent.length + 3 * (indent.split("\t").length - 1);
  return columns / 2 + (markers.match(CONTAINER)?.length ?? 0);
}
