import type { Json } from "@elizaos/connector-core";
import type { MemberNode, ObjectNode } from "@humanwhocodes/momoa";

const PLAIN_KEY = /^[A-Za-z_$][\w$]*$/;
const DEFAULT_UNIT = "  ";

export interface Style {
  /** One step of indentation. */
  readonly unit: string;
  readonly quotesKeys: boolean;
  readonly newline: string;
  /** The whole config stands on one line. */
  readonly isInline: boolean;
}

export function render(value: Json, indent: string, style: Style): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((each) => render(each, indent, style)).join(", ")}]`;
  const entries = Object.entries(value).flatMap(([key, each]) =>
    each === undefined ? [] : [[key, each] as const],
  );
  if (entries.length === 0) return "{}";
  const inner = indent + style.unit;
  const { newline } = style;
  const members = entries.map(
    ([key, each]) => `${inner}${renderKey(key, style)}: ${render(each, inner, style)}`,
  );
  return style.unit === ""
    ? `{ ${members.map((member) => member.trimStart()).join(", ")} }`
    : `{${newline}${members.join(`,${newline}`)}${newline}${indent}}`;
}

export function renderKey(key: string, { quotesKeys }: Style): string {
  return quotesKeys || !PLAIN_KEY.test(key) ? JSON.stringify(key) : key;
}

export function styleOf(text: string, body: ObjectNode): Style {
  const first = body.members[0];
  const indent = first === undefined ? "" : indentAt(text, rangeOf(first)[0]);
  const isInline = first !== undefined && !startsItsLine(text, rangeOf(first)[0]);
  return {
    isInline,
    unit: indent === "" || isInline ? DEFAULT_UNIT : indent,
    quotesKeys: first === undefined || first.name.type !== "Identifier",
    newline: text.includes("\r\n") ? "\r\n" : "\n",
  };
}

export function keyOf({ name }: MemberNode): string {
  return name.type === "Identifier" ? name.name : name.value;
}

export function startsItsLine(text: string, offset: number): boolean {
  return /^[ \t]*$/.test(text.slice(lineStart(text, offset), offset));
}

/** The white space at the beginning of the line. */
export function indentAt(text: string, offset: number): string {
  return /^[ \t]*/.exec(text.slice(lineStart(text, offset)))?.[0] ?? "";
}

export function lineStart(text: string, offset: number): number {
  return text.lastIndexOf("\n", offset - 1) + 1;
}

export function rangeOf({
  loc,
}: {
  readonly loc: { readonly start: { offset: number }; readonly end: { offset: number } };
}): readonly [number, number] {
  return [loc.start.offset, loc.end.offset];
}
