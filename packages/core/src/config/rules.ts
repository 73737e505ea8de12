import type { ConfigIssue } from "../contract/errors.js";
import { patternProblems } from "../policy/mentions.js";
import { isRecord } from "./merge.js";

/** An open door must be said twice, so that a slip of one word never opens it. */
export function openDmIssues(config: unknown, locate: (path: string) => string): ConfigIssue[] {
  if (!isRecord(config) || config["dmPolicy"] !== "open") return [];
  const allowFrom = config["allowFrom"];
  if (Array.isArray(allowFrom) && allowFrom.includes("*")) return [];
  return [
    {
      path: locate("allowFrom"),
      message: `must contain "*" when dmPolicy is "open" (${locate("dmPolicy")}): set allowFrom: ["*"], or use dmPolicy "pairing" or "allowlist"`,
    },
  ];
}

/** Patterns that are no regular expressions, or could stop the program by backtracking. */
export function mentionIssues(config: unknown, locate: (path: string) => string): ConfigIssue[] {
  const patterns = isRecord(config) ? config["mentionPatterns"] : undefined;
  if (!Array.isArray(patterns)) return [];
  const at = locate("mentionPatterns");
  return patternProblems(patterns.map(String)).map(({ index, message }) => ({
    path: index < 0 ? at : `${at}.${index}`,
    message,
  }));
}
