import type { GroupSettings } from "../contract/connector.js";
import type { Sender } from "../contract/event.js";
import { matches } from "./decide.js";

export interface ToolInput {
  readonly tool: string;
  /** Who began the turn. */
  readonly sender: Sender;
  /** What the account's block says of the turn's chat; of private ones nothing. */
  readonly group: GroupSettings;
  /** The id that an id goes by now. */
  current(id: string): string;
  /** Config path of a setting of this account. */
  locate(path: string): string;
}

export interface ToolDecision {
  readonly isAllowed: boolean;
  readonly reason: string;
  readonly rule: "tools.default" | "tools.allow" | "tools.alsoAllow" | "tools.deny";
  /** Config path of what decided; absent where nothing is said of tools. */
  readonly path?: string;
}

/**
 * Decides whether a tool may be used in a turn that this sender began. Pure. Of the settings that are about the sender, any `deny` wins,
 * however specific what allows it is; else the most specific `allow` counts, and what stands in an `alsoAllow` before it.
 */
export function decideTool({ tool, sender, group, current, locate }: ToolInput): ToolDecision {
  const settings = (group.tools ?? []).filter(
    (setting) => setting.sender === undefined || matches(sender, [setting.sender], current),
  );
  const denied = settings.find(({ value }) => names(value.deny, tool));
  if (denied !== undefined) {
    return {
      isAllowed: false,
      reason: "It is denied here.",
      rule: "tools.deny",
      path: locate(`${denied.path}.deny`),
    };
  }
  for (const { value, path } of settings) {
    if (names(value.alsoAllow, tool)) {
      return {
        isAllowed: true,
        reason: "It is allowed here besides others.",
        rule: "tools.alsoAllow",
        path: locate(`${path}.alsoAllow`),
      };
    }
    if (value.allow === undefined) continue;
    const isAllowed = names(value.allow, tool);
    const reason = isAllowed ? "It is allowed here." : "It is not among those that are allowed here.";
    return { isAllowed, reason, rule: "tools.allow", path: locate(`${path}.allow`) };
  }
  return { isAllowed: true, reason: "No list says otherwise.", rule: "tools.default" };
}

/** Whether a list of names says a tool or action: whole, or all that begin so by `pins.*`, or all by `*`. */
export function names(patterns: readonly string[] = [], tool: string): boolean {
  return patterns.some(
    (pattern) =>
      pattern === "*" ||
      pattern === tool ||
      (pattern.endsWith(".*") && tool.startsWith(pattern.slice(0, -1)) && tool.length >= pattern.length),
  );
}
