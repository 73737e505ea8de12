import type { ApprovedElsewhere, PairingRequest } from "@elizaos/connector-core";
import { isRecord } from "@elizaos/connector-core";
import type { AgentRuntime } from "./agent-runtime.js";

/** As much of the pairing service of 2.x as is used here. */
interface PairingService {
  isAllowed(channel: string, sender: string): Promise<boolean>;
  upsertRequest(request: {
    readonly channel: string;
    readonly senderId: string;
    readonly metadata: Readonly<Record<string, string>>;
  }): Promise<unknown>;
}

/**
 * Requests, codes and approvals are ours on every release. Where that runtime has a pairing service, whom it allows may write as well, and
 * our requests stand in its list too, so that they can be approved there with the code of that list.
 */
export class RuntimePairing {
  readonly #runtime: AgentRuntime;

  constructor(runtime: AgentRuntime) {
    this.#runtime = runtime;
  }

  readonly approved: ApprovedElsewhere = async (identity, sender) => {
    try {
      const service = this.#service();
      return (await service?.isAllowed(identity.slice(0, identity.indexOf(":")), sender)) ?? false;
    } catch (error) {
      this.#runtime.logger.warn({ error }, "the runtime's pairing service could not be asked");
      return false;
    }
  };

  async requested({ connector, account, sender, name }: PairingRequest): Promise<void> {
    try {
      await this.#service()?.upsertRequest({
        channel: connector,
        senderId: sender,
        metadata: { account, ...(name !== undefined && { name }) },
      });
    } catch (error) {
      this.#runtime.logger.warn({ error }, "the runtime's pairing service did not take a request");
    }
  }

  #service(): PairingService | undefined {
    const service = this.#runtime.getService("pairing");
    return isPairingService(service) ? service : undefined;
  }
}

function isPairingService(service: unknown): service is PairingService {
  return (
    isRecord(service) &&
    typeof service["isAllowed"] === "function" &&
    typeof service["upsertRequest"] === "function"
  );
}
