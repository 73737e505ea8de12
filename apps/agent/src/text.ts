/** Control characters, line and paragraph separators, and marks that change the direction of what follows. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/**
 * One line that is safe to print: what a stranger wrote or is called cannot move the cursor, recolour a terminal or
 * forge a log line.
 */
export function oneLine(text: string): string {
  return text.replace(UNPRINTABLE, (character) => {
    if (character === "\n") return "\\n";
    if (character === "\t") return " ";
    return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`;
  });
}

/** Lines that are safe to print. */
export function safeLines(text: string): string[] {
  return text.split(/\r?\n/).map(oneLine);
}

/** At most `max` characters as a reader counts them; a longer text ends in an ellipsis. */
export function shorten(text: string, max: number): string {
  // No grapheme is shorter than one UTF-16 unit, so most texts need no segmenting.
  if (text.length <= max) return text;
  let kept = "";
  let count = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (++count > max) return `${kept.trimEnd()}…`;
    kept += segment;
  }
  return kept;
}
