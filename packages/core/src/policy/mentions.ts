import { createRequire } from "node:module";

/** UTF-16 units of a message that patterns are matched against; what comes later in it is not looked at. */
const MAX_TEXT = 2_000;
const MAX_PATTERNS = 20;
/** UTF-16 units of one pattern. */
const MAX_PATTERN = 200;

/** How often the engine may have to take another way through a pattern at one position. */
const MAX_WAYS = 1_000;
/** Steps of judging one pattern; one that needs more is refused. Some tenths of a second for the worst, a few ms for most. */
const MAX_STEPS = 4_000;
/** Judged patterns that are remembered: accounts inherit them from their base. */
const MAX_REMEMBERED = 500;

const FLAGS = "i";
const require = createRequire(import.meta.url);
const judged = new Map<string, string | undefined>();

/** Where patterns that cannot be used stand in the list, with what is wrong with each. -1 is about the list itself. */
export function patternProblems(
  patterns: readonly string[],
): readonly { readonly index: number; readonly message: string }[] {
  if (patterns.length > MAX_PATTERNS)
    return [{ index: -1, message: `has ${patterns.length} patterns; at most ${MAX_PATTERNS} are allowed` }];
  return patterns.flatMap((pattern, index) => {
    const message = remembered(pattern);
    return message === undefined ? [] : [{ index, message }];
  });
}

/** Patterns that `patternProblems` has nothing against, ready to be matched. */
export function compilePatterns(patterns: readonly string[]): readonly RegExp[] {
  return patterns.map((pattern) => new RegExp(pattern, FLAGS));
}

export function matchesAny(patterns: readonly RegExp[], text: string): boolean {
  if (patterns.length === 0) return false;
  const bounded = text.slice(0, MAX_TEXT);
  return patterns.some((pattern) => pattern.test(bounded));
}

function remembered(pattern: string): string | undefined {
  if (judged.has(pattern)) return judged.get(pattern);
  const message = problemOf(pattern);
  if (judged.size >= MAX_REMEMBERED) judged.clear();
  judged.set(pattern, message);
  return message;
}

function problemOf(pattern: string): string | undefined {
  if (pattern.trim() === "") return "is empty, which every message would match";
  if (pattern.length > MAX_PATTERN)
    return `is ${pattern.length} characters long; at most ${MAX_PATTERN} are allowed`;
  try {
    if (new RegExp(pattern, FLAGS).test("")) return "matches an empty text, and so every message";
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return `is no regular expression: ${reason.replace(/^Invalid regular expression: /, "")}`;
  }
  // Without the flag `u`, which cannot be judged together with `i`, these would silently mean something else.
  if (/\\[pP]\{|\\u\{/.test(pattern))
    return "uses \\p{…} or \\u{…}, which is not supported; write the characters";
  if (/\(\?<[^=!]/.test(pattern)) return "names a group, which is not supported; write (…) without a name";
  return isBounded(pattern)
    ? undefined
    : "could take very long on some texts (catastrophic backtracking): let no repetition contain or follow another that can match the same characters, as in (a+)+ or \\s*,?\\s*, and write alternatives as patterns of their own";
}

/**
 * Anchored: the engine tries each position of a bounded text once, so that what may explode is the work at one position.
 */
function isBounded(pattern: string): boolean {
  // Only a config that has patterns pays for loading it.
  const detector: typeof import("redos-detector") = require("redos-detector");
  try {
    const options = { caseInsensitive: true, maxScore: MAX_WAYS, maxSteps: MAX_STEPS };
    return detector.isSafePattern(`^(?:${pattern})`, options).safe;
  } catch {
    // What it cannot read it cannot vouch for.
    return false;
  }
}
