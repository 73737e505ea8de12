import { isDeepStrictEqual } from "node:util";
import type { Json } from "@elizaos/connector-core";
import { isRecord } from "@elizaos/connector-core";
import { type MemberNode, type ObjectNode, parse, type Token } from "@humanwhocodes/momoa";
import JSON5 from "json5";

/** One value to be set, at a path of object keys. */
export interface ConfigChange {
  readonly path: readonly [string, ...string[]];
  readonly value: Json;
}

const PLAIN_KEY = /^[A-Za-z_$][\w$]*$/;
const DEFAULT_UNIT = "  ";

/**
 * Sets values in a JSON5 text and leaves all the rest of it as it is: comments, order, quotes, unknown keys. Objects that
 * a path needs are made.
 *
 * @returns undefined when the text cannot be changed without changing more than that
 */
export function editConfig(text: string, changes: readonly ConfigChange[]): string | undefined {
  let edited = text;
  let expected: unknown = JSON5.parse(text);
  for (const change of changes) {
    const next = setValue(edited, change);
    if (next === undefined) return undefined;
    edited = next;
    expected = withValue(expected, change.path, change.value);
  }
  try {
    return isDeepStrictEqual(JSON5.parse(edited), expected) ? edited : undefined;
  } catch {
    // What does not read back is not written; the caller says what to write by hand.
    return undefined;
  }
}

/** The text of a new config. */
export function newConfig(changes: readonly ConfigChange[]): string {
  const value = changes.reduce<unknown>((config, change) => withValue(config, change.path, change.value), {});
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** The value with another one at `path`; objects on the way are made. */
export function withValue(value: unknown, path: readonly string[], leaf: Json): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return leaf;
  const object = isRecord(value) ? value : {};
  return { ...object, [key]: withValue(object[key], rest, leaf) };
}

interface Style {
  /** One step of indentation. */
  readonly unit: string;
  readonly quotesKeys: boolean;
  readonly newline: string;
  /** The whole config stands on one line. */
  readonly isInline: boolean;
}

function setValue(text: string, { path, value }: ConfigChange): string | undefined {
  let document: ReturnType<typeof parse>;
  try {
    document = parse(text, { mode: "json5", tokens: true });
  } catch {
    // JSON5 has read it already: this is a form that only one of the two parsers knows.
    return undefined;
  }
  const { body, tokens = [] } = document;
  if (body.type !== "Object") return undefined;
  const style = styleOf(text, body);
  let object = body;
  for (const [index, key] of path.entries()) {
    const member = object.members.findLast((each) => keyOf(each) === key);
    const rest = path.slice(index + 1);
    if (member === undefined) return insert(text, object, tokens, key, nested(rest, value), style);
    if (rest.length === 0) {
      const [start, end] = rangeOf(member.value);
      const indent = indentAt(text, rangeOf(member)[0]);
      return text.slice(0, start) + render(value, indent, style) + text.slice(end);
    }
    if (member.value.type !== "Object") return undefined;
    object = member.value;
  }
  return undefined;
}

function nested(path: readonly string[], value: Json): Json {
  return path.reduceRight<Json>((inner, key) => ({ [key]: inner }), value);
}

function insert(
  text: string,
  object: ObjectNode,
  tokens: readonly Token[],
  key: string,
  value: Json,
  style: Style,
): string {
  const { newline, unit } = style;
  const [start] = rangeOf(object);
  const outer = indentAt(text, start);
  const first = object.members[0];
  const last = object.members.at(-1);
  const inline = { ...style, unit: "", newline: " " };
  if (first === undefined && style.isInline)
    return `${text.slice(0, start + 1)} ${renderKey(key, style)}: ${render(value, "", inline)} ${text.slice(start + 1)}`;
  if (first === undefined || last === undefined) {
    const indent = outer + unit;
    const rest = text.slice(start + 1);
    const inner = `${newline}${indent}${renderKey(key, style)}: ${render(value, indent, style)}`;
    const isBare = /^\s*\}/.test(rest);
    return `${text.slice(0, start + 1)}${inner}${isBare || !/^[ \t]*\r?\n/.test(rest) ? newline + outer : ""}${isBare ? rest.trimStart() : rest}`;
  }
  if (!startsItsLine(text, rangeOf(first)[0])) {
    const end = rangeOf(last)[1];
    const member = `, ${renderKey(key, style)}: ${render(value, outer, inline)}`;
    return text.slice(0, end) + member + text.slice(end);
  }
  const indent = indentAt(text, rangeOf(first)[0]);
  const member = `${newline}${indent}${renderKey(key, style)}: ${render(value, indent, style)}`;
  // The schema is what a reader expects at the top.
  if (key === "$schema") return `${text.slice(0, start + 1)}${member},${text.slice(start + 1)}`;
  const { comma, lineEnd } = afterMember(text, tokens, rangeOf(last)[1]);
  const end = rangeOf(last)[1];
  return comma
    ? `${text.slice(0, lineEnd)}${member},${text.slice(lineEnd)}`
    : `${text.slice(0, end)},${text.slice(end, lineEnd)}${member}${text.slice(lineEnd)}`;
}

/** Whether a comma follows a member, and where its line ends with the comments that stand on it. */
function afterMember(
  text: string,
  tokens: readonly Token[],
  memberEnd: number,
): { readonly comma: boolean; readonly lineEnd: number } {
  let comma = false;
  let lineEnd = memberEnd;
  for (const token of tokens) {
    const [start, end] = rangeOf(token);
    if (start < memberEnd) continue;
    const isComment = token.type === "LineComment" || token.type === "BlockComment";
    const isHere = !/[\r\n]/.test(text.slice(lineEnd, start));
    if (token.type === "Comma" && !comma) comma = true;
    else if (!isComment) break;
    else if (!isHere) continue;
    if (isHere || token.type === "Comma") lineEnd = end;
  }
  return { comma, lineEnd };
}

function render(value: Json, indent: string, style: Style): string {
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

function renderKey(key: string, { quotesKeys }: Style): string {
  return quotesKeys || !PLAIN_KEY.test(key) ? JSON.stringify(key) : key;
}

function styleOf(text: string, body: ObjectNode): Style {
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

function keyOf({ name }: MemberNode): string {
  return name.type === "Identifier" ? name.name : name.value;
}

function startsItsLine(text: string, offset: number): boolean {
  return /^[ \t]*$/.test(text.slice(lineStart(text, offset), offset));
}

/** The white space at the beginning of the line. */
function indentAt(text: string, offset: number): string {
  return /^[ \t]*/.exec(text.slice(lineStart(text, offset)))?.[0] ?? "";
}

function lineStart(text: string, offset: number): number {
  return text.lastIndexOf("\n", offset - 1) + 1;
}

function rangeOf({
  loc,
}: {
  readonly loc: { readonly start: { offset: number }; readonly end: { offset: number } };
}): readonly [number, number] {
  return [loc.start.offset, loc.end.offset];
}
