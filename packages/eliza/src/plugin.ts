import type { Connector } from "@elizaos/connector-core";
import type { AgentRuntime } from "./agent-runtime.js";
import { serviceOf } from "./service.js";

/**
 * What of a plugin for `@elizaos/core` can be said without its types, so that it fits those of 1.7 and of 2.0. At run time it has `services` as
 * well; in both releases these are classes with a protected member, which no class of another package can be assigned to.
 */
export interface ElizaPlugin {
  name: string;
  description: string;
  init(config: Record<string, string>, runtime: AgentRuntime): Promise<void>;
}

/**
 * Makes a connector a plugin that the runtime of `@elizaos/core` loads as it is. What works in such a runtime is imported when there is one:
 * most programs that import a connector have none.
 */
export function elizaPlugin<C>(connector: Connector<C>): ElizaPlugin {
  const { id, name, package: plugin } = connector.manifest;
  const service = serviceOf(connector);
  const made = {
    name: id,
    description: `${name} for the agent: receives and sends messages, durably`,
    // Called for every plugin before the first service starts.
    async init(_config: Record<string, string>, runtime: AgentRuntime) {
      const { hubOf } = await import("./in-agent.js");
      const hub = hubOf(runtime, plugin);
      if (!(hub instanceof Error)) hub.enlist(connector);
    },
    services: [service],
  };
  return made;
}
