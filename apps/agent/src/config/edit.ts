import { isDeepStrictEqual } from "node:util";
import { isRecord, type Json } from "@elizaos/connector-core";
import {
  type ArrayNode,
  type ElementNode,
  type MemberNode,
  type ObjectNode,
  parse,
  type Token,
} from "@humanwhocodes/momoa";
import JSON5 from "json5";
import { changeMember } from "./edit-member.js";
import {
  indentAt,
  keyOf,
  rangeOf,
  render,
  renderKey,
  type Style,
  startsItsLine,
  styleOf,
} from "./json5-text.js";

/** One value to be set, at a path of object keys; entries of lists that exist are named by their index. */
export interface ConfigChange {
  readonly path: readonly [string, ...string[]];
  readonly value: Json;
}

/** A member to be taken out, with the comma that it needed. Comments beside it stay. */
export interface ConfigRemoval {
  readonly path: readonly [string, ...string[]];
  readonly remove: true;
}

/** A member that gets another key. */
export interface ConfigRename {
  readonly path: readonly [string, ...string[]];
  readonly key: string;
}

export type FileEdit = ConfigChange | ConfigRemoval | ConfigRename;

/**
 * Sets values in a JSON5 text, takes members out or gives them other keys, and leaves all the rest of it as it is: comments, order,
 * quotes, unknown keys. Objects that a new value needs are made; what is not there is not taken out.
 *
 * @returns undefined when the text cannot be changed without changing more than that
 */
export function editConfig(text: string, changes: readonly FileEdit[]): string | undefined {
  let edited = text;
  let expected: unknown = JSON5.parse(text);
  for (const change of changes) {
    const next = "value" in change ? setValue(edited, change) : changeMember(edited, change);
    if (next === undefined) return undefined;
    edited = next;
    expected = afterEdit(expected, change.path, change);
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

function afterEdit(value: unknown, [key = "", ...rest]: readonly string[], change: FileEdit): unknown {
  if (Array.isArray(value))
    return value.map((each: unknown, index) =>
      String(index) === key ? innerAfter(each, rest, change) : each,
    );
  const object = isRecord(value) ? value : {};
  if ("value" in change) return { ...object, [key]: innerAfter(object[key], rest, change) };
  return Object.fromEntries(
    Object.entries(object).flatMap(([each, inner]) => {
      if (each !== key) return [[each, inner]];
      if (rest.length > 0) return [[each, afterEdit(inner, rest, change)]];
      return "remove" in change ? [] : [[change.key, inner]];
    }),
  );
}

function innerAfter(value: unknown, rest: readonly string[], change: FileEdit): unknown {
  if (rest.length > 0) return afterEdit(value, rest, change);
  return "value" in change ? change.value : value;
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
  let object: ObjectNode | ArrayNode = body;
  for (const [index, key] of path.entries()) {
    if (object.type === "Array") {
      const entry: ElementNode | undefined = object.elements[Number(key)];
      if (entry === undefined || index < path.length - 1) return undefined;
      const [start, end] = rangeOf(entry.value);
      return text.slice(0, start) + render(value, indentAt(text, start), style) + text.slice(end);
    }
    const member: MemberNode | undefined = object.members.findLast((each) => keyOf(each) === key);
    const rest = path.slice(index + 1);
    if (member === undefined) return insert(text, object, tokens, key, nested(rest, value), style);
    if (rest.length === 0) {
      const [start, end] = rangeOf(member.value);
      const indent = indentAt(text, rangeOf(member)[0]);
      return text.slice(0, start) + render(value, indent, style) + text.slice(end);
    }
    if (member.value.type !== "Object" && member.value.type !== "Array") return undefined;
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
