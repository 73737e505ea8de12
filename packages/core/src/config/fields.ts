import { z } from "zod";
import type { BlockLengths } from "../agent/block-cut.js";
import { approvalFields } from "../approvals/config.js";
import { BUTTON_SCOPES, BUTTONS_FLAG } from "../buttons/scope.js";
import { draftChunkFields, replyFields } from "./answers.js";
import { commandFields } from "./commands.js";
import { idList } from "./id-list.js";
import { ackFields, listedReactionFields, reactionFields } from "./reactions.js";
import { retryField } from "./retry.js";

const dmPolicy = z
  .enum(["pairing", "open", "closed", "allowlist", "disabled"])
  .transform((policy) => (policy === "disabled" ? "closed" : policy));

const groupPolicy = z
  .enum(["allowlist", "open", "closed", "disabled"])
  .transform((policy) => (policy === "disabled" ? "closed" : policy));

const STREAM_MODES = ["off", "partial", "block"] as const;
const BLOCKS = { minChars: 400, maxChars: 1_200, idleMs: 1_000 };

/** What a chat sees when the host wakes the agent by schedule. */
export const heartbeatField = z.strictObject({
  showOk: z
    .boolean()
    .default(false)
    .describe("Send answers that only say that all is well (`OK`, `HEARTBEAT_OK`)."),
  showAlerts: z.boolean().default(true).describe("Send all other answers."),
  useIndicator: z.boolean().default(true).describe("Show the typing indicator meanwhile."),
});

/**
 * Fields that every connector's block has. A connector spreads them into its own strict object, so that they are
 * checked, documented and merged like its own.
 */
export const commonFields = {
  enabled: z.boolean().default(true).describe("Open this account."),
  name: z.string().optional().describe("Name of the account for people."),
  dmPolicy: dmPolicy.prefault("pairing").describe("Who may write to the agent in private."),
  allowFrom: idList
    .prefault([])
    .describe("Sender ids that may write in private without pairing; `*` for everybody."),
  groupPolicy: groupPolicy.prefault("allowlist").describe("Which groups the agent takes part in."),
  groupAllowFrom: idList.prefault([]).describe("Group ids that the agent takes part in; `*` for all."),
  requireMention: z
    .boolean()
    .default(true)
    .describe("In groups, answer only when the agent is mentioned or replied to."),
  mentionPatterns: z
    .array(z.string())
    .default([])
    .describe(
      "Regular expressions, case-insensitive, that count as a mention when they match a group message's first 2,000 characters.",
    ),
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
    .record(
      z.string(),
      z.strictObject({
        historyLimit: z
          .number()
          .int()
          .min(0)
          .optional()
          .describe("Messages of this user's DM session that the agent is given."),
      }),
    )
    .default({})
    .describe("Overrides for single DM users, by sender id."),
  failureNotice: z
    .boolean()
    .default(true)
    .describe("Tell the person in one line when the agent failed; the error's text is never told."),
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
  blockStreaming: z
    .boolean()
    .default(false)
    .describe("Send answers whole, whatever else is said about streaming."),
  blockStreamingCoalesce: z
    .strictObject({
      minChars: z
        .number()
        .int()
        .positive()
        .default(BLOCKS.minChars)
        .describe("No block is shorter, in UTF-16 units, except the last."),
      maxChars: z
        .number()
        .int()
        .positive()
        .default(BLOCKS.maxChars)
        .describe("A block is cut at the next opportunity beyond this, in UTF-16 units."),
      idleMs: z
        .number()
        .int()
        .min(0)
        .default(BLOCKS.idleMs)
        .describe("A pause of the agent after which what there is becomes a block, in ms."),
    })
    .optional()
    .describe("Send answers in blocks while they are being written, and how long those are."),
  debounceMs: z
    .number()
    .int()
    .min(0)
    .default(0)
    .describe(
      "Messages that one sender writes within so many ms of each other are answered together; 0 for one by one.",
    ),
  mediaMaxMb: z
    .number()
    .positive()
    .default(20)
    .describe("Largest file that is fetched for the agent or sent for it, in MB of 1,048,576 bytes."),
  retry: retryField,
  capabilities: z
    .array(z.string())
    .optional()
    .describe(
      "Feature flags: only those listed are offered to the agent and the platform. Default: all that the connector knows.",
    ),
  configWrites: z
    .boolean()
    .default(false)
    .describe(
      "Let the connector correct ids that the platform changed, and the agent, when an owner asks, change settings of this connector; never credentials, owners, this key, nor a policy to a wider one.",
    ),
  heartbeat: heartbeatField.prefault({}).describe("What a chat sees of the host's `heartbeat`."),
} as const;

/** For connectors with buttons: spread it after `commonFields`. */
export const buttonFields = {
  capabilities: z
    .union([
      z.array(z.string()),
      z.strictObject({
        [BUTTONS_FLAG]: z
          .enum(BUTTON_SCOPES)
          .default("allowlist")
          .describe(
            "Where buttons are offered, and whose presses count: nowhere, in private, in groups, everywhere, or everywhere but only of senders who are on a list or paired.",
          ),
      }),
    ])
    .optional()
    .describe(
      "Feature flags: only those listed are offered to the agent and the platform. Or an object that says where buttons are offered. Default: all that the connector knows, buttons as `allowlist` says.",
    ),
} as const;

/** For connectors that can show an answer while it is being written: spread it beside `commonFields`. */
export const streamFields = {
  streamMode: z
    .enum(STREAM_MODES)
    .default("partial")
    .describe(
      "How an answer appears: `off` whole, `partial` one message that grows, `block` a message for each block as soon as it is complete.",
    ),
} as const;

/** Fields that only some connectors have; where one is not there, nothing is done about it. */
const commonSchema = z.object({
  ...commonFields,
  ...draftChunkFields,
  ...ackFields,
  streamMode: streamFields.streamMode.unwrap().optional(),
  replyToMode: replyFields.replyToMode.unwrap().optional(),
  reactionNotifications: listedReactionFields.reactionNotifications.unwrap().optional(),
  reactionAllowlist: idList.optional(),
  reactionLevel: reactionFields.reactionLevel.unwrap().optional(),
  commands: commandFields.commands.unwrap().optional(),
  allowBots: z.boolean().optional(),
  execApprovals: approvalFields().execApprovals.unwrap().optional(),
  // A connector may widen it to an object of its own.
  capabilities: z.union([z.array(z.string()), z.record(z.string(), z.unknown())]).optional(),
});

/** The fields that core itself reads of an account's effective config. */
export type CommonConfig = z.infer<typeof commonSchema>;

/** Picks core's own fields out of an effective config that has already been checked. */
export function readCommonConfig(config: unknown): CommonConfig {
  return commonSchema.parse(config);
}

/** How an account's answers appear, out of everything that its config says about streaming. */
export type Streaming =
  | { readonly mode: "off" | "partial" }
  | ({ readonly mode: "block"; readonly idleMs: number } & BlockLengths);

export function streamingOf(config: CommonConfig): Streaming {
  const { blockStreaming, blockStreamingCoalesce, draftChunk, streamMode } = config;
  // A connector without modes streams in blocks where it is told how.
  const mode = streamMode ?? (blockStreamingCoalesce === undefined ? "off" : "block");
  if (blockStreaming || mode === "off") return { mode: "off" };
  return mode === "partial" ? { mode } : { mode, ...BLOCKS, ...blockStreamingCoalesce, ...draftChunk };
}
