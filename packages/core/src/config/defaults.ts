import type { ConfigIssue } from "../contract/errors.js";
import { commonFields } from "./fields.js";
import { isRecord } from "./merge.js";
import { describeIssues, kindOf } from "./messages.js";
import { nearest } from "./nearest.js";

const AT = "connectors.defaults";
const KEYS = ["groupPolicy", "heartbeat"];
const groupPolicy = commonFields.groupPolicy.unwrap();

/** What `connectors.defaults` says, as written. */
export interface Defaults {
  readonly values: Readonly<Record<string, unknown>>;
  readonly issues: readonly ConfigIssue[];
}

/** Reads `connectors.defaults`, which holds for every account that says nothing else. Never throws. */
export function readDefaults(defaults: unknown): Defaults {
  if (defaults === undefined) return { values: {}, issues: [] };
  if (!isRecord(defaults))
    return { values: {}, issues: [{ path: AT, message: `must be an object, not ${kindOf(defaults)}` }] };
  const issues = Object.entries(defaults).flatMap(([key, value]) => {
    const message = problemOf(key, value);
    return message === undefined ? [] : [{ path: `${AT}.${key}`, message }];
  });
  return { values: issues.length > 0 ? {} : defaults, issues };
}

function problemOf(key: string, value: unknown): string | undefined {
  if (key === "groupPolicy") {
    const parsed = groupPolicy.safeParse(value, { error: describeIssues(() => false) });
    return parsed.error?.issues[0]?.message;
  }
  if (key === "heartbeat") return "is not supported by this version; leave it out";
  const guess = nearest(key, KEYS);
  if (guess !== undefined) return `unknown key "${key}"; did you mean "${guess}"?`;
  const hint = Object.hasOwn(commonFields, key) ? "; say it in each connector's block" : "";
  return `unknown key "${key}"; known: ${KEYS.join(", ")}${hint}`;
}
