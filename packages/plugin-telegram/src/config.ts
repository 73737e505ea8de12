import {
  type AccountConfig,
  type Address,
  ackFields,
  approvalFields,
  buttonFields,
  type ChatInfo,
  commandFields,
  commonFields,
  customCommandFields,
  customCommandIssues,
  draftChunkFields,
  type GroupSettings,
  isHttpRoot,
  type MemberEntry,
  memberSettings,
  promptFields,
  reactionFields,
  replyFields,
  streamFields,
  toolFields,
} from "@elizaos/connector-core";
import { z } from "zod";
import { actionFields } from "./actions/config.js";
import { answerRules } from "./answer-rules.js";
import { DEFAULT_API_ROOT } from "./api-root.js";
import { MENU_LIMITS } from "./menu/limits.js";
import { networkFields } from "./network.js";
import { TOKEN, tokenRules } from "./token-file.js";
import { between, rules, webhookFields } from "./webhook/config.js";

/** What a topic map calls the General topic; Telegram gives its messages no thread (Bot API: Message.message_thread_id). */
const GENERAL_TOPIC = "1";

const PREFIX = /^(?:tg|telegram):/i;

const NO_USERNAME = {
  error: "must be a numeric id, not a @username: a username can pass to somebody else",
};

function bare(id: string): string {
  return id.trim().replace(PREFIX, "");
}

function isId(id: string): boolean {
  return !bare(id).startsWith("@");
}

/** Ids as numbers or strings, with or without `tg:` or `telegram:` in front. */
const idList = z.array(
  z
    .union([z.string(), z.number()])
    .transform((id) => bare(String(id)))
    .refine(isId, NO_USERNAME),
);

const memberFields = {
  requireMention: z
    .boolean()
    .optional()
    .describe("Answer only when mentioned or replied to; false to answer everything."),
  enabled: z.boolean().optional().describe("False keeps the agent out, whatever else is said."),
  allowFrom: idList.optional().describe("Only these senders, by id; `*` for all."),
  ...promptFields,
  ...toolFields,
  toolsBySender: z
    .record(z.string().refine(isId), toolFields.toolsBySender.unwrap().valueType, {
      error: ({ code }) => (code === "invalid_key" ? NO_USERNAME.error : undefined),
    })
    .optional()
    .describe(toolFields.toolsBySender.description ?? ""),
};

const topic = z.strictObject(memberFields);
const group = z.strictObject({
  ...memberFields,
  topics: z
    .record(z.string(), topic)
    .optional()
    .describe(
      "Overrides for single topics of a forum, by topic id; `1` is the General topic, `*` stands for any.",
    ),
});

const fields = z.strictObject({
  ...commonFields,
  ...streamFields,
  ...draftChunkFields,
  ...replyFields,
  ...reactionFields,
  ...ackFields,
  ...buttonFields,
  ...actionFields,
  ...commandFields,
  ...customCommandFields(MENU_LIMITS),
  ...approvalFields(idList),
  allowFrom: idList
    .prefault([])
    .describe("Sender ids that may write in private without pairing; `*` for everybody."),
  groupAllowFrom: idList.prefault([]).describe("Group ids that the agent takes part in; `*` for all."),
  dms: z
    .record(z.string().transform(bare), commonFields.dms.unwrap().valueType)
    .default({})
    .describe("Overrides for single DM users, by sender id."),
  botToken: z
    .string()
    .trim()
    .regex(TOKEN, {
      error:
        "has characters that no bot token has (only letters, digits, ':', '_' and '-'). Copy it again from @BotFather: /mybots, API Token",
    })
    .optional()
    .describe("The bot's token from @BotFather."),
  tokenFile: z
    .string()
    .optional()
    .describe("Path of a file that holds the bot's token, instead of `botToken`. Read at every connect."),
  apiRoot: z
    .string()
    .trim()
    .refine(isHttpRoot, {
      error: `must be an http or https address without query, such as ${DEFAULT_API_ROOT}`,
    })
    .transform((root) => root.replace(/\/+$/, ""))
    .prefault(DEFAULT_API_ROOT)
    .describe("Base address of the Bot API: a server of your own, a reverse proxy or a simulator."),
  timeoutSeconds: z
    .number()
    .int()
    .positive()
    .default(60)
    .describe("Longest time one API call may take, in s. Long polls have a limit of their own."),
  ...networkFields,
  linkPreview: z
    .boolean()
    .default(true)
    .describe("Telegram shows a preview of the first link of an answer; false for none."),
  ...webhookFields,
  mediaMaxMb: commonFields.mediaMaxMb
    .unwrap()
    .default(100)
    .describe(
      "Largest file that is fetched for the agent or sent for it, in MB of 1,048,576 bytes; Telegram's own limits hold as well.",
    ),
  groups: z
    .record(z.string(), group)
    .prefault({})
    .describe("Groups the agent takes part in, by chat id; `*` stands for any."),
});

/** The effective config of one Telegram account. */
export type TelegramConfig = z.infer<typeof fields>;

export const config: AccountConfig<TelegramConfig> = {
  fields,
  rules: (account) => [
    ...[rules, tokenRules, answerRules].flatMap((rule) => rule(account)),
    ...customCommandIssues(account, MENU_LIMITS),
  ],
  between,
  writable: ["timeoutSeconds"],
};

/**
 * What `groups` says of an address. For each setting the most specific entry wins: the group's topic, its topic `*`,
 * the group, then the same under the group `*`. Topics count in forums only: other groups and channels have none.
 */
export function groupSettings(
  config: TelegramConfig,
  { chat, thread }: Address,
  { hasThreads }: Pick<ChatInfo, "hasThreads">,
): GroupSettings {
  const topic = thread ?? (hasThreads === true ? GENERAL_TOPIC : undefined);
  const entries = [chat, "*"].flatMap((id) => groupEntries(config.groups, id, topic));
  const listed = entries.find((entry) => entry.isGroup);
  return {
    ...(listed === undefined ? {} : { listed: { value: true, path: listed.path } }),
    ...memberSettings(entries, bare),
  };
}

interface Entry extends MemberEntry {
  readonly isGroup: boolean;
}

function groupEntries(groups: TelegramConfig["groups"], chat: string, thread: string | undefined): Entry[] {
  const found = findById(groups, chat);
  if (found === undefined) return [];
  const at = `groups.${found.key}`;
  const topics = (thread === undefined ? [] : [thread, "*"]).flatMap((id) => {
    const topic = findById(found.value.topics ?? {}, id);
    return topic === undefined
      ? []
      : [{ path: `${at}.topics.${topic.key}`, isGroup: false, member: topic.value }];
  });
  return [...topics, { path: at, isGroup: true, member: found.value }];
}

/** Finds an entry by id, whether it was written with or without a prefix. */
function findById<T>(
  entries: Readonly<Record<string, T>>,
  id: string,
): { key: string; value: T } | undefined {
  for (const [key, value] of Object.entries(entries)) {
    if (bare(key) === id) return { key, value };
  }
  return undefined;
}
