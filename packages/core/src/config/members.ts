import { z } from "zod";
import type {
  GroupSettings,
  ReactionNotifications,
  Setting,
  ToolRules,
  ToolSetting,
} from "../contract/connector.js";

/** A name; one that ends with `.*`, for all names that begin so; or `*`. */
const PATTERN = /^(?:\*|[^*\s]+|[^*\s]+\.\*)$/;

const patterns = z.array(
  z.string().trim().regex(PATTERN, {
    error:
      'must be the name of a tool ("messages.pin"), the beginning of some and ".*" ("messages.*"), or "*" for all',
  }),
);

const toolRules = z
  .strictObject({
    allow: patterns
      .optional()
      .describe("Only these tools, by name; `messages.*` for all that begin so, `*` for all."),
    alsoAllow: patterns.optional().describe("These besides what the next less specific setting allows."),
    deny: patterns
      .optional()
      .describe("None of these, whatever else is said, here or in a less specific place."),
  })
  .superRefine(({ allow = [], alsoAllow = [] }, context) => {
    if (allow.length > 0 && alsoAllow.length > 0)
      context.addIssue({
        code: "custom",
        path: ["alsoAllow"],
        message:
          "cannot be given beside allow: name all tools in allow, or only the further ones in alsoAllow",
      });
  });

/** For the entries of a connector's map of groups: what may be used there besides answering. */
export const toolFields = {
  tools: toolRules.optional().describe("Which actions and tools the agent may use here."),
  toolsBySender: z
    .record(z.string(), toolRules)
    .optional()
    .describe("The same for single senders, by id, before `tools`; `*` for anybody."),
} as const;

/** For the entries of a connector's map of groups: what the agent is told there, and what it knows to do. */
export const promptFields = {
  systemPrompt: z
    .string()
    .trim()
    .min(1, { error: "must not be empty; leave it out for none" })
    .optional()
    .describe("Instructions for the agent here, besides those of its character."),
  skills: z
    .array(z.string().trim().min(1, { error: "must not be empty" }))
    .optional()
    .describe("Names of the agent's skills that it has here; none for an empty list. Default: all."),
} as const;

/** An entry of a connector's map of groups, as far as core knows its settings. */
export interface Member {
  readonly enabled?: boolean | undefined;
  readonly requireMention?: boolean | undefined;
  readonly allowFrom?: readonly string[] | undefined;
  readonly roles?: readonly string[] | undefined;
  readonly reactionNotifications?: ReactionNotifications | undefined;
  readonly systemPrompt?: string | undefined;
  readonly skills?: readonly string[] | undefined;
  readonly tools?: ToolRules | undefined;
  readonly toolsBySender?: Readonly<Record<string, ToolRules>> | undefined;
}

export interface MemberEntry {
  /** Where the entry stands in the account's block. */
  readonly path: string;
  readonly member: Member;
}

/**
 * Settings of a group or thread out of the entries that are about it: the first one that says something counts, setting by setting.
 * Whether the group is `listed` is for the connector to add.
 *
 * @param entries the most specific first
 * @param idOf the id that a key of `toolsBySender` means; default: what is written, trimmed
 */
export function memberSettings(
  entries: readonly MemberEntry[],
  idOf: (written: string) => string = (written) => written.trim(),
): GroupSettings {
  const settings = {
    enabled: first(entries, "enabled"),
    requireMention: first(entries, "requireMention"),
    allowFrom: first(entries, "allowFrom"),
    roles: first(entries, "roles"),
    reactionNotifications: first(entries, "reactionNotifications"),
    systemPrompt: first(entries, "systemPrompt"),
    skills: first(entries, "skills"),
  };
  const tools = entries.flatMap((entry) => toolsOf(entry, idOf));
  return {
    ...(settings.enabled && { enabled: settings.enabled }),
    ...(settings.requireMention && { requireMention: settings.requireMention }),
    ...(settings.allowFrom && { allowFrom: settings.allowFrom }),
    ...(settings.roles && { roles: settings.roles }),
    ...(settings.reactionNotifications && { reactionNotifications: settings.reactionNotifications }),
    ...(settings.systemPrompt && { systemPrompt: settings.systemPrompt }),
    ...(settings.skills && { skills: settings.skills }),
    ...(tools.length > 0 && { tools }),
  };
}

type Single = Exclude<keyof Member, "tools" | "toolsBySender">;

function first<K extends Single>(
  entries: readonly MemberEntry[],
  key: K,
): Setting<NonNullable<Member[K]>> | undefined {
  for (const { path, member } of entries) {
    const value = member[key];
    if (value !== undefined) return { value, path: `${path}.${key}` };
  }
  return undefined;
}

function toolsOf({ path, member }: MemberEntry, idOf: (written: string) => string): ToolSetting[] {
  const { tools, toolsBySender = {} } = member;
  const bySender = Object.entries(toolsBySender).map(
    ([written, value]): ToolSetting => ({
      value,
      path: `${path}.toolsBySender.${written}`,
      sender: idOf(written),
    }),
  );
  return [
    ...bySender.filter(({ sender }) => sender !== "*"),
    ...bySender.filter(({ sender }) => sender === "*"),
    ...(tools === undefined ? [] : [{ value: tools, path: `${path}.tools` }]),
  ];
}
