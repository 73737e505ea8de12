const LONGEST_LINE = 300;

/** A text from outside, such as an error, as one bounded line. */
export function oneLine(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length <= LONGEST_LINE ? line : `${line.slice(0, LONGEST_LINE).toWellFormed()}…`;
}

/** To the minute: `2026-01-31 09:05 UTC`. */
export function timeOf(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

/** @param max from here on the number was not counted to its end */
export function counted(count: number, noun: string, max = Number.POSITIVE_INFINITY): string {
  const number = count >= max ? `${max} or more` : String(count);
  if (noun === "") return number;
  return `${number} ${noun}${count === 1 ? "" : "s"}`;
}
