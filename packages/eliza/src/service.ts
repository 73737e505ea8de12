import type { Connector, ConnectorRuntime } from "@elizaos/connector-core";
import type { AgentRuntime } from "./agent-runtime.js";
import type { Hub } from "./hub.js";

/** A connector at work in an agent: `runtime.getService("<connector>")`. */
export interface ConnectorService {
  readonly capabilityDescription: string;
  /** The runtime of all connectors of this agent: status, pairing, dead letters. Throws while it could not be started, with the reason. */
  readonly connectors: ConnectorRuntime;
  stop(): Promise<void>;
}

/** As that runtime wants services: a class with a type, started by a static method. */
export interface ConnectorServiceClass {
  readonly serviceType: string;
  start(runtime: AgentRuntime): Promise<ConnectorService>;
}

/** One service per platform, with all its accounts. Its start never fails: 1.7 makes of that a rejection which nobody handles. */
export function serviceOf(connector: Connector): ConnectorServiceClass {
  const { id, name, package: plugin } = connector.manifest;
  return class Started implements ConnectorService {
    static readonly serviceType = id;
    readonly capabilityDescription = `Receives and sends messages on ${name}`;
    readonly #hub: Hub | Error;

    constructor(hub: Hub | Error) {
      this.#hub = hub;
    }

    static async start(runtime: AgentRuntime): Promise<ConnectorService> {
      const { hubOf, registerSending, sendHandler } = await import("./in-agent.js");
      const hub = hubOf(runtime, plugin);
      const service = new Started(hub);
      if (hub instanceof Error) {
        runtime.logger.error({ plugin }, hub.message);
        return service;
      }
      // Here and nowhere else: core 1.7 never calls the static method that releases before and after it call.
      registerSending(
        runtime,
        connector,
        sendHandler(id, () => service.connectors, hub.parts.memories),
      );
      await hub.join(connector);
      return service;
    }

    get connectors(): ConnectorRuntime {
      if (this.#hub instanceof Error) throw this.#hub;
      return this.#hub.connectors();
    }

    async stop(): Promise<void> {
      if (!(this.#hub instanceof Error)) await this.#hub.leave(id);
    }
  };
}
