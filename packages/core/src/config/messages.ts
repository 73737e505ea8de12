import type { z } from "zod";
import { isRecord } from "./merge.js";
import { nearest } from "./nearest.js";

/** Longer texts, and ones with other characters, may be a secret that came into the wrong place. */
const SHOWABLE = /^[A-Za-z][A-Za-z -]{0,23}$|^[-+]?\d[\d .,]{0,9}$/;

type RawIssue = z.core.$ZodRawIssue;

/**
 * What is said of a wrong value: what is expected, and what was written. An error map for zod; messages that a schema gives
 * itself go before it.
 *
 * @param isSecret whether the value at a path, relative to the account's block, is never shown
 */
export function describeIssues(
  isSecret: (path: readonly PropertyKey[]) => boolean,
): (issue: RawIssue) => string | undefined {
  return (issue) => {
    const expected = expectation(issue);
    if (expected === undefined) return undefined;
    if (issue.input === undefined) return `is missing; it ${expected}`;
    const written = isSecret(issue.path ?? []) ? kindOf(issue.input) : describeValue(issue.input);
    return `${expected}, not ${written}${suggestion(issue)}`;
  };
}

function expectation(issue: RawIssue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      return `must be ${noun(String(issue["expected"]))}`;
    case "invalid_union":
      return expectedByUnion(issue);
    case "invalid_value":
      return `must be ${list(strings(issue["values"]).map((word) => JSON.stringify(word)))}`;
    case "too_small":
    case "too_big":
      return expectedSize(issue);
    default:
      return undefined;
  }
}

function expectedSize(issue: RawIssue): string {
  const isMinimum = issue.code === "too_small";
  const bound = String(issue[isMinimum ? "minimum" : "maximum"]);
  const words = isMinimum ? ["at least", "more than"] : ["at most", "less than"];
  const limit = `${issue["inclusive"] === false ? words[1] : words[0]} ${bound}`;
  if (issue["origin"] === "string") return `must have ${limit} characters`;
  if (issue["origin"] === "array") return `must have ${limit} entries`;
  return `must be ${limit}`;
}

function expectedByUnion(issue: RawIssue): string | undefined {
  const errors: unknown = issue["errors"];
  if (!Array.isArray(errors)) return undefined;
  const nouns = errors.flat().flatMap((each: unknown) => {
    return isRecord(each) && typeof each["expected"] === "string" ? [noun(each["expected"])] : [];
  });
  return nouns.length === 0 ? undefined : `must be ${list([...new Set(nouns)])}`;
}

const NOUNS: Readonly<Record<string, string>> = {
  string: "a string",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
};

function noun(expected: string): string {
  return NOUNS[expected] ?? expected;
}

/** What was written, for people: short and harmless values as they are, all others by their kind. */
function describeValue(value: unknown): string {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return typeof value === "string" && (value === "" || SHOWABLE.test(value))
    ? JSON.stringify(value)
    : kindOf(value);
}

/** The kind of a value, without the value. */
export function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return isRecord(value) ? "an object" : `a ${typeof value}`;
}

function suggestion(issue: RawIssue): string {
  const isSingle = typeof issue.input === "string" || typeof issue.input === "number";
  if (issue["expected"] === "array" && isSingle) return "; put it in brackets: [ ]";
  if (issue.code !== "invalid_value" || typeof issue.input !== "string") return "";
  const guess = nearest(issue.input, strings(issue["values"]));
  return guess === undefined ? "" : `; did you mean ${JSON.stringify(guess)}?`;
}

function strings(values: unknown): readonly string[] {
  return Array.isArray(values) ? values.map(String) : [];
}

function list(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}
