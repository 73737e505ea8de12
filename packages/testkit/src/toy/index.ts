/** A connector for an invented platform, and the platform: what core and the conformance suite are tried against. */

export type { ToyConfig } from "./config.js";
export { startToyConformance } from "./conformance.js";
export { toy } from "./connector.js";
export { manifest } from "./manifest.js";
export type { ToyCall } from "./platform/api.js";
export type { DeliveryAttempt, Hook } from "./platform/courier.js";
export type { SayOptions, ToyAccount, ToyGroup, ToyMessage, ToyUser } from "./platform/driver.js";
export {
  startToyPlatform,
  type ToyPlatform,
  type ToyPlatformOptions,
  type ToyWebhook,
} from "./platform/index.js";
export type { Rules } from "./platform/world.js";
