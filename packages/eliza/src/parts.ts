import type { Agent, ConnectorRuntime } from "@elizaos/connector-core";
import { Actions } from "./actions.js";
import { elizaAgent } from "./agent.js";
import type { AgentRuntime } from "./agent-runtime.js";
import { Memories } from "./memories.js";
import { Notices } from "./notices.js";
import { sendRequest } from "./outbound.js";
import { RuntimePairing } from "./pairing.js";
import { Places } from "./places.js";
import { Turns } from "./turns.js";

/** What stands between one agent runtime and the connectors, for as long as the agent lives. */
export interface Parts {
  readonly agent: Agent;
  readonly memories: Memories;
  readonly pairing: RuntimePairing;
}

export function partsOf(runtime: AgentRuntime, connectors: () => ConnectorRuntime): Parts {
  const places = new Places(runtime);
  const memories = new Memories(runtime, places);
  const turns = new Turns();
  turns.register(runtime);
  const agent = elizaAgent(runtime, {
    places,
    memories,
    notices: new Notices(runtime, places, memories),
    turns,
    actions: new Actions(runtime, turns),
    async sayLater({ connector, account, events }, content) {
      const { message: _, ...to } = (events.at(-1) ?? events[0]).address;
      await connectors().send(sendRequest({ connector, account, to }, content));
    },
  });
  return { agent, memories, pairing: new RuntimePairing(runtime) };
}
