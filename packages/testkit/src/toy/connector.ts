import type { Connector } from "@elizaos/connector-core";
import { capabilities } from "./actions.js";
import { config, groupSettings, type ToyConfig } from "./config.js";
import { identify, open } from "./connection.js";
import { limitsOf } from "./files.js";
import { manifest } from "./manifest.js";
import { featuresOf } from "./outbound.js";
import { webhook } from "./webhook.js";

/** What the platform's documents promise every account; a connection asks for the truth. */
const DOCUMENTED = {
  id: "",
  name: "",
  textBytes: 400,
  fileBytes: 1024 * 1024,
  tickets: "optional",
  idempotency: "none",
  keyWindowMs: 0,
} as const;

/**
 * The worked example of a connector: every module here has the name and the task that it has in a plugin. What the
 * platform does to it stands in `./platform`.
 */
export const toy: Connector<ToyConfig> = {
  manifest,
  config,
  features: featuresOf(DOCUMENTED, { onUnknown: "hold", transport: "stream", catchUp: true }),
  limits: limitsOf(DOCUMENTED),
  capabilities,
  groupSettings,
  identify,
  open,
  webhook,
};
