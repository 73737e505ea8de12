import {
  type AccountConfig,
  ackFields,
  approvalFields,
  buttonFields,
  type ConfigIssue,
  commandFields,
  commonFields,
  customCommandFields,
  customCommandIssues,
  directFields,
  draftChunkFields,
  isHttpRoot,
  listedReactionFields,
  proxyField,
  replyFields,
  streamFields,
} from "@elizaos/connector-core";
import { z } from "zod";
import { actionFields } from "./actions/config.js";
import { COMMAND_LIMITS } from "./commands/limits.js";
import { discordIds, guildFields } from "./guilds.js";
import { pluralKitFields } from "./pluralkit.js";

const DEFAULT_API_ROOT = "https://discord.com/api";

/** Characters of a bot token (Discord API reference, "Authentication"). */
const TOKEN = /^[\w.-]+$/;

const token = z
  .string()
  .trim()
  // People paste what they would send as header.
  .transform((written) => written.replace(/^Bot\s+/i, ""))
  .refine((written) => TOKEN.test(written), {
    error:
      "has characters that no bot token has (only letters, digits, '.', '_' and '-'). Copy it again from the Discord Developer Portal: Bot, Reset Token",
  });

const fields = z.strictObject({
  ...commonFields,
  ...streamFields,
  ...draftChunkFields,
  ...replyFields,
  ...listedReactionFields,
  ...ackFields,
  ...buttonFields,
  ...commandFields,
  ...customCommandFields(COMMAND_LIMITS),
  ...approvalFields(discordIds),
  ...directFields,
  ...guildFields,
  ...pluralKitFields,
  ...actionFields,
  allowFrom: discordIds
    .prefault([])
    .describe("User ids that may write in private without pairing; `*` for everybody."),
  groupAllowFrom: discordIds
    .prefault([])
    .describe("Ids of servers or channels that the agent takes part in; `*` for all."),
  allowBots: z
    .boolean()
    .default(false)
    .describe(
      "Answer other bots too, as far as the policy lets them in; after five of their messages in a row it is a person's turn.",
    ),
  token: token.optional().describe("The bot's token from the Discord Developer Portal."),
  botToken: token.optional().describe("Another name of `token`."),
  applicationId: z
    .string()
    .regex(/^\d{15,20}$/, { error: "must be the application's id, a number of 17 to 20 digits in quotes" })
    .optional()
    .describe("The application's id. Default: Discord is asked for it."),
  apiRoot: z
    .string()
    .trim()
    .refine(isHttpRoot, {
      error: `must be an http or https address without query, such as ${DEFAULT_API_ROOT}`,
    })
    .transform((root) => root.replace(/\/+$/, ""))
    .prefault(DEFAULT_API_ROOT)
    .describe("Base address of Discord's API: a proxy of your own or a simulator."),
  proxy: proxyField("Discord"),
  timeoutSeconds: z
    .number()
    .int()
    .positive()
    .default(30)
    .describe("Longest time one API call may take, in s."),
  maxLinesPerMessage: z
    .number()
    .int()
    .positive()
    .default(17)
    .describe("Longer answers are cut, since Discord folds what is taller than the window."),
  slashCommand: z
    .strictObject({
      ephemeral: z
        .boolean()
        .default(false)
        .describe(
          "In servers, show answers to the agent's commands to whoever gave them alone. Answers to the runtime's own always are.",
        ),
    })
    .prefault({})
    .describe("How commands of Discord's menu are answered."),
  intents: z
    .strictObject({
      presence: z
        .boolean()
        .default(false)
        .describe("Ask for presences; needs the Presence Intent in the portal."),
      guildMembers: z
        .boolean()
        .default(false)
        .describe("Ask for joins and leaves of members; needs the Server Members Intent in the portal."),
    })
    .prefault({})
    .describe("Privileged events that are asked for besides the content of messages."),
  mediaMaxMb: commonFields.mediaMaxMb
    .unwrap()
    .default(8)
    .describe(
      "Largest file that is fetched for the agent or sent for it, in MB of 1,048,576 bytes; Discord's own limits hold as well.",
    ),
});

/** The effective config of one Discord account. */
export type DiscordConfig = z.infer<typeof fields>;

export const config: AccountConfig<DiscordConfig> = {
  fields,
  rules,
  writable: ["timeoutSeconds", "maxLinesPerMessage"],
};

/** The credential, under whichever of its two names. */
export function tokenOf({ token, botToken }: Pick<DiscordConfig, "token" | "botToken">): string {
  return token ?? botToken ?? "";
}

function rules(config: DiscordConfig): readonly ConfigIssue[] {
  const { token, botToken } = config;
  const issues = customCommandIssues(config, COMMAND_LIMITS);
  if (token === undefined || botToken === undefined || token === botToken) return issues;
  return [
    ...issues,
    { path: "botToken", message: "says something else than token, of which it is another name" },
  ];
}
