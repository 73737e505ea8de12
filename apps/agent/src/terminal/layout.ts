import width from "fast-string-width";

/** Rows with their cells aligned, two spaces apart; the last cell of a row is as long as it is. */
export function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.slice(0, -1).forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, width(cell));
    });
  }
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === row.length - 1
          ? cell
          : cell + " ".repeat(Math.max(0, (widths[column] ?? 0) - width(cell))),
      )
      .join("  ")
      .trimEnd(),
  );
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** An ISO time for people: the clock here, with the day when it is not today's. */
export function localTime(iso: string, now: number): string {
  const date = new Date(iso);
  const two = (part: number) => String(part).padStart(2, "0");
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":");
  const isToday = new Date(now).toDateString() === date.toDateString();
  const day = [date.getFullYear(), date.getMonth() + 1, date.getDate()].map(two).join("-");
  return isToday ? clock : `${day} ${clock}`;
}

/** How long ago, or in how long, roughly. */
export function relativeTime(iso: string, now: number): string {
  const ms = now - Date.parse(iso);
  const size = Math.abs(ms);
  if (size < MINUTE_MS) return ms < 0 ? "in less than a minute" : "just now";
  const text =
    size < HOUR_MS
      ? `${Math.floor(size / MINUTE_MS)} min`
      : size < DAY_MS
        ? `${Math.floor(size / HOUR_MS)} h`
        : `${Math.floor(size / DAY_MS)} d`;
  return ms < 0 ? `in ${text}` : `${text} ago`;
}
