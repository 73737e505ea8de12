import { z } from "zod";

/** Deeper nesting than Telegram allows (Bot API, "Rich Message Limits": 16 levels, text inside blocks included). */
const MAX_DEPTH = 64;

const part = z.unknown().optional();

/** Where blocks and rich texts hold their readable parts. */
const nodeSchema = z.looseObject({
  label: part,
  summary: part,
  text: part,
  expression: part,
  alternative_text: part,
  items: part,
  blocks: part,
  cells: part,
  buttons: part,
  caption: part,
  credit: part,
});

/** The text of a rich message: one line per block, table cells separated by tabs. */
export function flattenBlocks(blocks: readonly unknown[]): string {
  return blocks
    .map((block) => flattenBlock(block, 0))
    .filter((line) => line !== "")
    .join("\n");
}

function flattenBlock(block: unknown, depth: number): string {
  const node = nodeSchema.safeParse(block);
  if (!node.success || depth > MAX_DEPTH) return "";
  const { label, summary, text, expression, blocks, items, cells, buttons, caption, credit } = node.data;
  const inner = [
    inline(summary, depth),
    inline(text, depth),
    inline(expression, depth),
    ...list(items).map((item) => flattenBlock(item, depth + 1)),
    ...list(blocks).map((each) => flattenBlock(each, depth + 1)),
    ...list(cells).map((row) =>
      list(row)
        .map((cell) => inline(cell, depth))
        .join("\t"),
    ),
    ...list(buttons).map((button) => inline(button, depth)),
    inline(caption, depth),
    inline(credit, depth),
  ].filter((line) => line !== "");
  return typeof label === "string" && label !== "" ? `${label} ${inner.join("\n")}` : inner.join("\n");
}

/** A rich text is a string, a list of rich texts, or an object around one. */
function inline(text: unknown, depth: number): string {
  if (typeof text === "string") return text;
  if (depth > MAX_DEPTH) return "";
  if (Array.isArray(text)) return text.map((part) => inline(part, depth + 1)).join("");
  const node = nodeSchema.safeParse(text);
  if (!node.success) return "";
  return inline(node.data.text ?? node.data.expression ?? node.data.alternative_text ?? "", depth + 1);
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
