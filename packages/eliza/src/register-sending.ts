import type { Connector } from "@elizaos/connector-core";
import type { AgentRuntime, SendHandler } from "./agent-runtime.js";

/** As much as is said of a connector to releases of 2.x that know more than handlers by source. */
interface MessageConnector {
  readonly source: string;
  readonly label: string;
  readonly description: string;
  readonly capabilities: readonly string[];
  readonly supportedTargetKinds: readonly string[];
  readonly contexts: readonly string[];
  readonly contentShaping: {
    readonly constraints: { readonly supportsMarkdown: true; readonly maxLength: number };
  };
  readonly sendHandler: SendHandler;
}

const KINDS = ["room", "channel", "user"] as const;

/** Lets the agent send through a connector: once, on every release, by the newest way that it has. */
export function registerSending(
  runtime: AgentRuntime & { registerMessageConnector?(registration: MessageConnector): void },
  { manifest, features, limits }: Connector,
  handler: SendHandler,
): void {
  if (runtime.registerMessageConnector === undefined) {
    runtime.registerSendHandler(manifest.id, handler);
    return;
  }
  runtime.registerMessageConnector({
    source: manifest.id,
    label: manifest.name,
    description: `Sends messages on ${manifest.name}`,
    capabilities: [
      "send_message",
      "send_formatted_message",
      ...(features.threads ? ["send_thread_reply"] : []),
      ...(features.media === undefined ? [] : ["send_media"]),
    ],
    supportedTargetKinds: features.threads ? [...KINDS, "thread"] : KINDS,
    contexts: ["social", "connectors"],
    contentShaping: { constraints: { supportsMarkdown: true, maxLength: limits.text.max } },
    sendHandler: handler,
  });
}
