import type { AlignType, Nodes, Table, TableCell } from "mdast";
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

/** What was written for a node. */
export type Original = (node: Nodes) => string;

/** The text of a cell without its marks; a link's target stands behind its text, since nothing can be clicked there. */
function cellText(node: Nodes, original: Original): string {
  if ("value" in node) return node.value;
  if (node.type === "break") return " ";
  if (node.type === "image") return withTarget(node.alt ?? "", node.url) || original(node);
  if (!("children" in node) || node.type === "linkReference") return original(node);
  const text = node.children.map((child) => cellText(child, original)).join("");
  return node.type === "link" ? withTarget(text, node.url) || original(node) : text;
}

function withTarget(text: string, url: string): string {
  if (text.trim() === "") return url;
  return url === "" || url === text || url === `mailto:${text}` ? text : `${text} (${url})`;
}

/**
 * A table as fixed-width text with its columns aligned, or undefined where that would be many times as long as what was
 * written (a few short rows under hundreds of columns).
 */
export function tableText(table: Table, original: Original): string | undefined {
  const { children, align } = table;
  const rows = children.map((row) => row.children.map((cell) => toCell(cellText(cell, original))));
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, { width }] of row.entries()) widths[column] = Math.max(3, widths[column] ?? 0, width);
  }
  const lineWidth = widths.reduce((sum, width) => sum + width + 3, 0);
  if (!isReasonable(lineWidth * rows.length, original(table).length)) return undefined;
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
export interface TableEntry {
  readonly name: string;
  readonly cell: TableCell;
}

/**
 * The rows of a table as the filled cells with their columns' names; of a table that has only a header, the header. Undefined
 * where repeating the names would make it many times as long as what was written.
 */
export function tableEntries(table: Table, original: Original): readonly TableEntry[][] | undefined {
  const [head, ...body] = table.children;
  const isFilled = ({ cell }: TableEntry) => cellText(cell, original).trim() !== "";
  const names = head?.children.map((cell) => cellText(cell, original).trim()) ?? [];
  const rows = body
    .map((row) => row.children.map((cell, column) => ({ cell, name: names[column] ?? "" })).filter(isFilled))
    .filter((row) => row.length > 0);
  const repeated = rows.flat().reduce((sum, { name }) => sum + name.length + 4, 0);
  if (!isReasonable(repeated, original(table).length)) return undefined;
  return rows.length > 0
    ? rows
    : [(head?.children ?? []).map((cell) => ({ cell, name: "" })).filter(isFilled)];
}

function isReasonable(length: number, sourceLength: number): boolean {
  return length <= Math.max(SMALL, MAX_GROWTH * sourceLength);
}

const EMPTY: Cell = { text: "", width: 0 };

function toCell(text: string): Cell {
  return { text, width: stringWidth(text, { countAnsiEscapeCodes: true }) };
}

function pad({ text, width }: Cell, columns: number, align: AlignType | undefined): string {
  const missing = columns - width;
  const before = align === "right" ? missing : align === "center" ? Math.floor(missing / 2) : 0;
  return " ".repeat(before) + text + " ".repeat(missing - before);
}
