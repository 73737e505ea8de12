export { type ApprovalConfig, approvalFields } from "./approvals/config.js";
export type { ApprovalLogEntry, ApprovalRequest } from "./approvals/records.js";
export { type Backoff, type BackoffOptions, backoffDelay, createBackoff } from "./backoff.js";
export { pause, systemClock } from "./clock.js";
export { draftChunkFields, replyFields } from "./config/answers.js";
export { DEFAULT_ACCOUNT, ignoredVariable, missingCredential, readBlock } from "./config/blocks.js";
export { knownCapabilities } from "./config/capabilities.js";
export {
  type CustomCommand,
  commandFields,
  customCommandFields,
  customCommandIssues,
  type MenuLimits,
  menuBytes,
} from "./config/commands.js";
export { readDefaults } from "./config/defaults.js";
export { directFields } from "./config/direct.js";
export type { CommonConfig } from "./config/fields.js";
export { buttonFields, commonFields, readCommonConfig, streamFields } from "./config/fields.js";
export { isHttpRoot } from "./config/http-root.js";
export { idList } from "./config/id-list.js";
export { toConfigIssues } from "./config/issues.js";
export { type Member, type MemberEntry, memberSettings, promptFields, toolFields } from "./config/members.js";
export { isRecord, mergeDeep } from "./config/merge.js";
export { describeIssues, kindOf } from "./config/messages.js";
export { nearest } from "./config/nearest.js";
export { proxyField, proxySecrets } from "./config/proxy.js";
export {
  ackFields,
  listedReactionFields,
  REACTION_NOTIFICATIONS,
  reactionFields,
} from "./config/reactions.js";
export type { Environment, Origin, ResolvedAccount } from "./config/resolve.js";
export { resolveAccounts } from "./config/resolve.js";
export type { ConfigEdit, ConfigPath, ConfigWriter } from "./config/writes/edits.js";
export { type KnownAccount, knownAccounts } from "./connection/account-record.js";
export * from "./contract/index.js";
export { type ChunkOptions, chunkRichText } from "./format/chunk.js";
export { type MarkdownOptions, parseMarkdown, type RichText, sliceRichText } from "./format/rich-text.js";
export { measure } from "./format/ruler.js";
export {
  fileFields,
  hasOneSource,
  type OwnMessageActionsOptions,
  ownMessageActions,
  toAttachments,
} from "./message-actions.js";
export { type Operator, openStoreOperator, type StoreOperatorOptions } from "./operator.js";
export { toldOf } from "./outbox/verdict.js";
export { isMentioned } from "./policy/decide.js";
export { compilePatterns } from "./policy/mentions.js";
export type { ApprovedElsewhere } from "./policy/pairing/pairing.js";
export type {
  Approval,
  PairingAction,
  PairingLogEntry,
  PairingPressure,
  PairingRequest,
} from "./policy/pairing/records.js";
export { RecentMap } from "./recent-map.js";
export type { Redactor } from "./redact.js";
export { collectSecrets, createRedactor, mask } from "./redact.js";
export { type Release, release } from "./release.js";
export { createConnectorRuntime } from "./runtime.js";
export type * from "./runtime-types.js";
export { type DmScope, type SessionOptions, sessionSchema } from "./session/options.js";
export { ownersSchema, type PersonId, parsePersonId, personId } from "./session/people.js";
export { createWebhookFetch, type WebhookFetchOptions } from "./webhook/fetch.js";
export {
  createWebhookGuard,
  type WebhookAdmission,
  type WebhookGuard,
  type WebhookGuardLimits,
} from "./webhook/guard.js";
