import type { ConfigIssue } from "../contract/errors.js";
import { commonFields, heartbeatField } from "./fields.js";
import { toConfigIssues } from "./issues.js";
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
  const issues = Object.entries(defaults).flatMap(([key, value]) => problemsOf(key, value));
  return { values: issues.length > 0 ? {} : defaults, issues };
}

function problemsOf(key: string, value: unknown): ConfigIssue[] {
  const path = `${AT}.${key}`;
  const error = describeIssues(() => false);
  if (key === "groupPolicy") {
    const parsed = groupPolicy.safeParse(value, { error });
    return (parsed.error?.issues ?? []).map(({ message }) => ({ path, message }));
  }
  if (key === "heartbeat") {
    const parsed = heartbeatField.safeParse(value, { error });
    return (parsed.error?.issues ?? [])
      .flatMap((issue) => toConfigIssues(heartbeatField, issue))
      .map((issue) => ({ path: issue.path === "" ? path : `${path}.${issue.path}`, message: issue.message }));
  }
  const guess = nearest(key, KEYS);
  if (guess !== undefined) return [{ path, message: `unknown key "${key}"; did you mean "${guess}"?` }];
  const hint = Object.hasOwn(commonFields, key) ? "; say it in each connector's block" : "";
  return [{ path, message: `unknown key "${key}"; known: ${KEYS.join(", ")}${hint}` }];
}
