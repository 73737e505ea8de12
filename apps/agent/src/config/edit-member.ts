import { parse, type Token } from "@humanwhocodes/momoa";
import type { ConfigRemoval, ConfigRename } from "./edit.js";
import { keyOf, lineStart, rangeOf, renderKey, styleOf } from "./json5-text.js";

export function changeMember(text: string, change: ConfigRemoval | ConfigRename): string | undefined {
  let document: ReturnType<typeof parse>;
  try {
    document = parse(text, { mode: "json5", tokens: true });
  } catch {
    // JSON5 has read it already: this is a form that only one of the two parsers knows.
    return undefined;
  }
  const { body, tokens = [] } = document;
  let object = body;
  for (const [index, key] of change.path.entries()) {
    if (object.type !== "Object") return undefined;
    const member = object.members.findLast((each) => keyOf(each) === key);
    if (member === undefined) return text;
    if (index === change.path.length - 1) {
      if ("remove" in change) return withoutMember(text, tokens, rangeOf(member));
      const [start, end] = rangeOf(member.name);
      return text.slice(0, start) + renderKey(change.key, styleOf(text, object)) + text.slice(end);
    }
    object = member.value;
  }
  return undefined;
}

/** Without the comma after the member, or, where it is the last one, that before it. */
function withoutMember(
  text: string,
  tokens: readonly Token[],
  [start, end]: readonly [number, number],
): string {
  const code = tokens.filter(({ type }) => type !== "LineComment" && type !== "BlockComment");
  const after = code.find((token) => rangeOf(token)[0] >= end);
  const before = code.findLast((token) => rangeOf(token)[1] <= start);
  if (after?.type === "Comma") return cut(text, start, rangeOf(after)[1], end);
  const rest = cut(text, start, end, end);
  if (before?.type !== "Comma") return rest;
  const [comma] = rangeOf(before);
  return rest.slice(0, comma) + rest.slice(comma + 1);
}

/** Takes a range out, except what stands between the member's end and the comma, and the line with it when nothing else is on it. */
function cut(text: string, start: number, to: number, memberEnd: number): string {
  const between = to > memberEnd ? text.slice(memberEnd, to - 1) : "";
  const left = text.slice(0, start) + (between.trim() === "" ? "" : between);
  const right = text.slice(to);
  const blank = /^[ \t]*(\r?\n|$)/.exec(right);
  const lineBegin = lineStart(left, left.length);
  return blank !== null && left.slice(lineBegin).trim() === ""
    ? left.slice(0, lineBegin) + right.slice(blank[0].length)
    : left + (/[ {]$/.test(left) ? right.trimStart() : right);
}
