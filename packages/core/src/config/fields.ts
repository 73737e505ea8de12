import { z } from "zod";

/** Ids may be written as numbers or strings; they are compared as trimmed strings. */
export const idList = z.array(z.union([z.string(), z.number()]).transform((id) => String(id).trim()));

const dmPolicy = z
  .enum(["pairing", "open", "closed", "allowlist", "disabled"])
  .transform((policy) => (policy === "disabled" ? "closed" : policy));

const groupPolicy = z
  .enum(["allowlist", "open", "closed", "disabled"])
  .transform((policy) => (policy === "disabled" ? "closed" : policy));

/**
 * Fields that every connector's block has. A connector spreads them into its own strict object, so that they are
 * checked, documented and merged like its own.
 */
export const commonFields = {
  enabled: z.boolean().default(true).describe("Open this account."),
  name: z.string().optional().describe("Name of the account for people."),
  dmPolicy: dmPolicy.default("pairing").describe("Who may write to the agent in private."),
  allowFrom: idList
    .default([])
    .describe("Sender ids that may write in private without pairing; `*` for everybody."),
  groupPolicy: groupPolicy.default("allowlist").describe("Which groups the agent takes part in."),
  groupAllowFrom: idList.default([]).describe("Group ids that the agent takes part in; `*` for all."),
  requireMention: z
    .boolean()
    .default(true)
    .describe("In groups, answer only when the agent is mentioned or replied to."),
  historyLimit: z
    .number()
    .int()
    .min(0)
    .default(50)
    .describe("Messages of a group session that the agent is given."),
  dmHistoryLimit: z
    .number()
    .int()
    .min(0)
    .default(100)
    .describe("Messages of a DM session that the agent is given."),
  dms: z
    .record(z.string(), z.strictObject({ historyLimit: z.number().int().min(0).optional() }))
    .default({})
    .describe("Overrides for single DM users, by sender id."),
  textChunkLimit: z
    .number()
    .int()
    .positive()
    .optional()
    .describe("Longest message sent, in the platform's own unit; never above its limit."),
  chunkMode: z
    .enum(["length", "newline"])
    .default("length")
    .describe(
      "Where texts that are too long are cut: `length` fills each message, `newline` keeps paragraphs whole where it can.",
    ),
  markdown: z
    .strictObject({
      enabled: z
        .boolean()
        .default(true)
        .describe("Read Markdown in the agent's answers; false sends them exactly as they were written."),
      tables: z
        .enum(["off", "bullets", "code"])
        .default("code")
        .describe(
          "Tables as a fixed-width block (`code`), as one bullet per row (`bullets`), or as written (`off`).",
        ),
    })
    .prefault({})
    .describe("How the agent's Markdown is shown."),
} as const;

const commonSchema = z.object(commonFields);

/** The fields that core itself reads of an account's effective config. */
export type CommonConfig = z.infer<typeof commonSchema>;

/** Picks core's own fields out of an effective config that has already been checked. */
export function readCommonConfig(config: unknown): CommonConfig {
  return commonSchema.parse(config);
}
