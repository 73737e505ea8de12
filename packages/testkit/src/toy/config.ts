import {
  type AccountConfig,
  type Address,
  approvalFields,
  buttonFields,
  type ConfigIssue,
  commonFields,
  type GroupSettings,
  idList,
  memberSettings,
  promptFields,
  toolFields,
} from "@elizaos/connector-core";
import { z } from "zod";

/** Ids as the config may write them: with or without the connector before them. */
const bare = (id: string) => id.trim().replace(/^toy:/, "");
const ids = idList.transform((list) => list.map(bare));

const member = z.strictObject({
  enabled: z.boolean().optional().describe("False keeps the agent out, whatever else is said."),
  requireMention: z
    .boolean()
    .optional()
    .describe("Answer only when mentioned or replied to; false to answer everything."),
  allowFrom: ids.optional().describe("Only these senders, by id; `*` for all."),
  ...promptFields,
  ...toolFields,
});

const group = member.extend({
  threads: z.record(z.string(), member).optional().describe("Overrides for single threads, by thread id."),
});

const fields = z.strictObject({
  ...commonFields,
  ...buttonFields,
  ...approvalFields(ids),
  allowFrom: ids
    .prefault([])
    .describe("Sender ids that may write in private without pairing; `*` for everybody."),
  groupAllowFrom: ids.prefault([]).describe("Group ids that the agent takes part in; `*` for all."),
  // The account's id stands in the token, so that a webhook's events find their account without a call.
  token: z
    .string()
    .trim()
    .regex(/^[\w-]+:.+$/, { error: "must look like b-1:text, as the platform gave it" })
    .optional()
    .describe("The account's token."),
  apiRoot: z.url().describe("Base address of the platform."),
  transport: z
    .enum(["stream", "webhook"])
    .default("stream")
    .describe("How events come: a stream that we open, or requests to webhookPath."),
  webhookPath: z
    .string()
    .startsWith("/")
    .default("/toy")
    .describe("Path at which the platform's webhooks arrive."),
  webhookSecret: z
    .string()
    .min(6)
    .optional()
    .describe("Key of the webhooks' signatures; needed for transport `webhook`."),
  catchUp: z
    .boolean()
    .default(true)
    .describe(
      "Read missed events from the platform's log. Without it, what the stream did not bring is lost.",
    ),
  onUnknown: z
    .enum(["hold", "resend"])
    .default("hold")
    .describe("What to do with a send of unknown outcome when nothing can tell."),
  timeoutSeconds: z.number().positive().default(10).describe("Longest time one API call may take, in s."),
  groups: z
    .record(z.string(), group)
    .default({})
    .describe("Groups that the agent takes part in, by chat id."),
});

/** The effective config of one toy account. */
export type ToyConfig = z.infer<typeof fields>;

export const config: AccountConfig<ToyConfig> = { fields, rules };

function rules({ transport, webhookSecret }: ToyConfig): readonly ConfigIssue[] {
  if (transport !== "webhook" || webhookSecret !== undefined) return [];
  return [
    {
      path: "webhookSecret",
      message: 'is missing; transport "webhook" needs it to tell the platform\'s requests from others',
    },
  ];
}

/** What `groups` says of an address; the thread's entry goes before the group's. */
export function groupSettings({ groups }: ToyConfig, { chat, thread }: Address): GroupSettings {
  // Ids are whatever the platform likes; a group may be called "constructor".
  const whole = Object.hasOwn(groups, chat) ? groups[chat] : undefined;
  if (whole === undefined) return {};
  const path = `groups.${chat}`;
  const part = thread === undefined ? undefined : whole.threads?.[thread];
  const entries = [
    ...(part === undefined ? [] : [{ path: `${path}.threads.${thread}`, member: part }]),
    { path, member: whole },
  ];
  return { listed: { value: true, path }, ...memberSettings(entries, bare) };
}
