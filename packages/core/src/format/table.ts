import type { AlignType, Table, TableCell } from "mdast";
import { toString as plainText } from "mdast-util-to-string";
import stringWidth from "string-width";

/** Padding and repeated headers may make a table at most this many times as long as it was written. */
const MAX_GROWTH = 8;
/** Below this length, in UTF-16 units, growth does not matter. */
const SMALL = 2_000;

interface Cell {
  readonly text: string;
  /** Columns of a fixed-width font: two for East Asian characters and emoji. */
  readonly width: number;
}

/**
 * A table as fixed-width text with its columns aligned, or undefined where that would be many times as long as what was
 * written (a few short rows under hundreds of columns).
 */
export function tableText({ children, align }: Table, sourceLength: number): string | undefined {
  const rows = children.map((row) => row.children.map(toCell));
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, { width }] of row.entries())
      widths[column] = Math.max(3, widths[column] ?? 0, width);
  }
  const lineWidth = widths.reduce((sum, width) => sum + width + 3, 0);
  if (!isReasonable(lineWidth * rows.length, sourceLength)) return undefined;
  const lines = rows.map((row) =>
    widths
      .map((width, column) => pad(row[column] ?? EMPTY, width, align?.[column]))
      .join(" | ")
      .trimEnd(),
  );
  const rule = widths.map((width) => "-".repeat(width)).join("-|-");
  return [lines[0], rule, ...lines.slice(1)].join("\n");
}

/** One filled cell of a row, and what its column is called. */
interface Entry {
  readonly name: string;
  readonly cell: TableCell;
}

/**
 * The rows of a table as the filled cells with their columns' names; of a table that has only a header, the header. Undefined
 * where repeating the names would make it many times as long as what was written.
 */
export function tableEntries({ children }: Table, sourceLength: number): readonly Entry[][] | undefined {
  const [head, ...body] = children;
  const names = head?.children.map((cell) => plainText(cell).trim()) ?? [];
  const rows = body.map((row) => filled(row.children, names)).filter((row) => row.length > 0);
  const repeated = rows.flat().reduce((sum, { name }) => sum + name.length + 4, 0);
  if (!isReasonable(repeated, sourceLength)) return undefined;
  return rows.length > 0 ? rows : [filled(head?.children ?? [], [])];
}

function filled(cells: readonly TableCell[], names: readonly string[]): Entry[] {
  return cells
    .map((cell, column) => ({ cell, name: names[column] ?? "" }))
    .filter(({ cell }) => plainText(cell).trim() !== "");
}

function isReasonable(length: number, sourceLength: number): boolean {
  return length <= Math.max(SMALL, MAX_GROWTH * sourceLength);
}

const EMPTY: Cell = { text: "", width: 0 };

function toCell(cell: TableCell): Cell {
  const text = plainText(cell);
  return { text, width: stringWidth(text, { countAnsiEscapeCodes: true }) };
}

function pad({ text, width }: Cell, columns: number, align: AlignType | undefined): string {
  const missing = columns - width;
  const before = align === "right" ? missing : align === "center" ? Math.floor(missing / 2) : 0;
  return " ".repeat(before) + text + " ".repeat(missing - before);
}
