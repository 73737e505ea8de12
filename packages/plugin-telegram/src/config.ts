import {
  type AccountConfig,
  type Address,
  commonFields,
  type GroupSettings,
  isHttpRoot,
  type Setting,
  streamFields,
} from "@elizaos/connector-core";
import { z } from "zod";
import { DEFAULT_API_ROOT } from "./api-root.js";
import { between, rules, webhookFields } from "./webhook/config.js";

/** What a topic map calls the General topic; Telegram gives its messages no thread (Bot API: Message.message_thread_id). */
const GENERAL_TOPIC = "1";

const PREFIX = /^(?:tg|telegram):/i;

/** Ids as numbers or strings, with or without `tg:` or `telegram:` in front. */
const idList = z.array(
  z
    .union([z.string(), z.number()])
    .transform((id) => String(id).trim().replace(PREFIX, ""))
    .refine((id) => !id.startsWith("@"), {
      error: "must be a numeric id, not a @username: a username can pass to somebody else",
    }),
);

const memberFields = {
  requireMention: z
    .boolean()
    .optional()
    .describe("Answer only when mentioned or replied to; false to answer everything."),
  enabled: z.boolean().optional().describe("False keeps the agent out, whatever else is said."),
  allowFrom: idList.optional().describe("Only these senders, by id; `*` for all."),
};

const topic = z.strictObject(memberFields);
const group = z.strictObject({
  ...memberFields,
  topics: z
    .record(z.string(), topic)
    .optional()
    .describe("Overrides for single topics, by topic id; `1` is the General topic, `*` stands for any."),
});

// Telegram's own tokens look like 123456789:AA..., those of other servers need not. What could change the path of a
// request's URL is refused here; the rest is for the server to judge.
const TOKEN = /^[\w:-]*$/;

const fields = z.strictObject({
  ...commonFields,
  ...streamFields,
  allowFrom: idList
    .prefault([])
    .describe("Sender ids that may write in private without pairing; `*` for everybody."),
  groupAllowFrom: idList.prefault([]).describe("Group ids that the agent takes part in; `*` for all."),
  dms: z
    .record(
      z.string().transform((id) => id.trim().replace(PREFIX, "")),
      commonFields.dms.unwrap().valueType,
    )
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
  ...webhookFields,
  groups: z
    .record(z.string(), group)
    .prefault({})
    .describe("Groups the agent takes part in, by chat id; `*` stands for any."),
});

/** The effective config of one Telegram account. */
export type TelegramConfig = z.infer<typeof fields>;

export const config: AccountConfig<TelegramConfig> = {
  fields,
  rules,
  between,
  writable: ["timeoutSeconds"],
};

/**
 * What `groups` says of an address. For each setting the most specific entry wins: the group's topic, its topic `*`,
 * the group, then the same under the group `*`.
 */
export function groupSettings(config: TelegramConfig, address: Address): GroupSettings {
  const entries = [address.chat, "*"].flatMap((chat) =>
    groupEntries(config.groups, chat, address.thread ?? GENERAL_TOPIC),
  );
  const listed = entries.find((entry) => entry.isGroup);
  const enabled = firstSetting(entries, "enabled");
  const requireMention = firstSetting(entries, "requireMention");
  const allowFrom = firstSetting(entries, "allowFrom");
  return {
    ...(listed === undefined ? {} : { listed: { value: true, path: listed.path } }),
    ...(enabled === undefined ? {} : { enabled }),
    ...(requireMention === undefined ? {} : { requireMention }),
    ...(allowFrom === undefined ? {} : { allowFrom }),
  };
}

type Member = z.infer<typeof topic>;

interface Entry {
  readonly path: string;
  readonly isGroup: boolean;
  readonly member: Member;
}

function groupEntries(groups: TelegramConfig["groups"], chat: string, thread: string): Entry[] {
  const found = findById(groups, chat);
  if (found === undefined) return [];
  const at = `groups.${found.key}`;
  const topics = [thread, "*"].flatMap((id) => {
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
    if (key.trim().replace(PREFIX, "") === id) return { key, value };
  }
  return undefined;
}

function firstSetting<K extends "enabled" | "requireMention" | "allowFrom">(
  entries: readonly Entry[],
  key: K,
): Setting<NonNullable<Member[K]>> | undefined {
  for (const { path, member } of entries) {
    const value = member[key];
    if (value !== undefined) return { value, path: `${path}.${key}` };
  }
  return undefined;
}
