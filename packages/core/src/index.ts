export { type Backoff, type BackoffOptions, backoffDelay, createBackoff } from "./backoff.js";
export { pause, systemClock } from "./clock.js";
export type { CommonConfig } from "./config/fields.js";
export { commonFields, idList, readCommonConfig } from "./config/fields.js";
export { nearest } from "./config/nearest.js";
export type { Environment, Origin, ResolvedAccount } from "./config/resolve.js";
export { DEFAULT_ACCOUNT, resolveAccounts } from "./config/resolve.js";
export * from "./contract/index.js";
export { type ChunkOptions, chunkRichText, measure } from "./format/chunk.js";
export { parseMarkdown, type RichText, sliceRichText } from "./format/rich-text.js";
export { type Operator, openStoreOperator, type StoreOperatorOptions } from "./operator.js";
export type { Approval, PairingRequest } from "./policy/pairing.js";
export type { Redactor } from "./redact.js";
export { collectSecrets, createRedactor, mask } from "./redact.js";
export { createConnectorRuntime } from "./runtime.js";
export type * from "./runtime-types.js";
export {
  type Admission,
  createWebhookGuard,
  type WebhookGuard,
  type WebhookGuardLimits,
} from "./webhook/guard.js";
