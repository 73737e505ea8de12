import type { CommonConfig } from "../config/fields.js";
import type { ChatKind } from "../contract/address.js";

export const BUTTON_SCOPES = ["off", "dm", "group", "all", "allowlist"] as const;
export type ButtonScope = (typeof BUTTON_SCOPES)[number];

/** The flag of `capabilities` for buttons, and its key where `capabilities` is an object. */
export const BUTTONS_FLAG = "inlineButtons";
export const BUTTONS_PATH = `capabilities.${BUTTONS_FLAG}`;
const DEFAULT_SCOPE: ButtonScope = "allowlist";

/** Where an account offers buttons and whose presses count. */
export function buttonScopeOf({ capabilities }: Pick<CommonConfig, "capabilities">): ButtonScope {
  return scopeIn(capabilities);
}

/** @param capabilities as the config has it */
export function scopeIn(capabilities: unknown): ButtonScope {
  if (Array.isArray(capabilities)) return capabilities.includes(BUTTONS_FLAG) ? DEFAULT_SCOPE : "off";
  const written =
    typeof capabilities === "object" && capabilities !== null && BUTTONS_FLAG in capabilities
      ? capabilities[BUTTONS_FLAG]
      : DEFAULT_SCOPE;
  // What nobody knows opens nothing.
  return BUTTON_SCOPES.find((scope) => scope === written) ?? "off";
}

/** Whether a chat of this kind is within the scope. */
export function isInScope(scope: ButtonScope, kind: ChatKind): boolean {
  switch (scope) {
    case "off":
      return false;
    case "dm":
      return kind === "dm";
    case "group":
      return kind !== "dm";
    case "all":
    case "allowlist":
      return true;
  }
}

/** Whose presses count, from the fewest on: each scope as a set, so that one can be held against another. */
const REACH: Readonly<Record<ButtonScope, readonly string[]>> = {
  off: [],
  dm: ["dm"],
  group: ["listed", "members"],
  allowlist: ["dm", "listed"],
  all: ["dm", "listed", "members"],
};

/** Whether somebody's presses count under `after` that do not under `before`. */
export function isWiderScope(before: ButtonScope, after: ButtonScope): boolean {
  return REACH[after].some((reach) => !REACH[before].includes(reach));
}
