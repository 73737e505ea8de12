import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { ConfigIssue } from "../contract/errors.js";
import { commonFields } from "./fields.js";
import { idList } from "./id-list.js";
import { isRecord } from "./merge.js";

/**
 * For connectors whose blocks say in `dm` who may write in private, as Discord's, Slack's and Google Chat's do: spread it beside
 * `commonFields`. `dm.policy` and `dm.allowFrom` are `dmPolicy` and `allowFrom` in another place, and win over them.
 */
export const directFields = {
  dm: z
    .strictObject({
      enabled: z.boolean().optional().describe("False closes private messages, whatever the policy says."),
      policy: commonFields.dmPolicy.unwrap().optional().describe("The same as `dmPolicy`."),
      allowFrom: idList.optional().describe("The same as `allowFrom`."),
      groupEnabled: z.boolean().optional().describe("Take part in private chats of several people."),
      groupChannels: idList
        .optional()
        .describe(
          "Only in these private chats of several people, by id. Default: all, where `groupEnabled` is true.",
        ),
    })
    .optional()
    .describe("Who may write in private, and private chats of several people."),
} as const;

const PAIRS = [
  ["policy", "dmPolicy"],
  ["allowFrom", "allowFrom"],
] as const;

/** What `dm` says, where core looks for it. */
export interface Lifted {
  readonly values: Readonly<Record<string, unknown>>;
  /** Where such a value stands in truth, by the key that core reads. */
  readonly at: ReadonlyMap<string, string>;
  /** Paths are relative to the account's block. */
  readonly issues: readonly ConfigIssue[];
}

/** Reads `dm` of a merged block, before defaults: only what is written can contradict itself. */
export function liftDirect(written: Readonly<Record<string, unknown>>, shape: object): Lifted {
  const { dm } = written;
  const values: Record<string, unknown> = {};
  const at = new Map<string, string>();
  const issues: ConfigIssue[] = [];
  if (!Object.hasOwn(shape, "dm") || !isRecord(dm)) return { values, at, issues };
  for (const [key, flat] of PAIRS) {
    const value = dm[key];
    if (value === undefined) continue;
    const other = written[flat];
    if (other !== undefined && !isDeepStrictEqual(asText(other), asText(value)))
      issues.push({ path: `dm.${key}`, message: `says something else than ${flat}; say it once` });
    values[flat] = value;
    at.set(flat, `dm.${key}`);
  }
  if (dm["enabled"] === false) {
    values["dmPolicy"] = "closed";
    at.set("dmPolicy", "dm.enabled");
  }
  return { values, at, issues };
}

function asText(value: unknown): unknown {
  return Array.isArray(value) ? value.map(String) : value;
}
