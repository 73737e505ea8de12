import { createConnectorRuntime } from "@elizaos/connector-core";
import { toy } from "@elizaos/connector-testkit/toy";
import { ChannelType, createUniqueUuid, Service } from "@elizaos/core";

/** Starts the toy connector from what the elizaOS agent was configured with. */
class ToyService extends Service {
  static serviceType = toy.manifest.id;
  capabilityDescription = "Answers on the toy platform";
  connectors;

  static async start(runtime) {
    const service = new ToyService(runtime);
    const variables = Object.values(toy.manifest.env).flat();
    service.connectors = await createConnectorRuntime({
      connectors: [toy],
      // getSetting gives null for objects, and true for "true".
      config: { connectors: { toy: runtime.character.settings.toy } },
      environment: Object.fromEntries(variables.map((name) => [name, runtime.getSetting(name)?.toString()])),
      agent: elizaAgent(runtime),
      stateDir: runtime.getSetting("CONNECTOR_STATE_DIR"),
      log: runtime.logger,
    });
    await service.connectors.start();
    return service;
  }

  async stop() {
    await this.connectors.stop();
  }
}

/** @type {import("@elizaos/core").Plugin} */
export default { name: "toy", description: "The toy platform as a connector", services: [ToyService] };

/**
 * The elizaOS runtime as an agent of the connector contract; direct messages only.
 *
 * @param {import("@elizaos/core").IAgentRuntime} runtime
 * @returns {import("@elizaos/connector-core").Agent}
 */
function elizaAgent(runtime) {
  return {
    history: "own",
    async *run(turn) {
      const memory = await toMemory(runtime, turn);
      const texts = [];
      await runtime.messageService.handleMessage(runtime, memory, async (content) => {
        // Core calls back without text when the agent ignores a message.
        if (!content.text) return [];
        // Core keeps what people wrote, never what the agent answered.
        const answer = {
          id: createUniqueUuid(runtime, `${memory.id}/answer/${texts.length}`),
          entityId: runtime.agentId,
          agentId: runtime.agentId,
          roomId: memory.roomId,
          worldId: memory.worldId,
          createdAt: Date.now(),
          content: { ...content, source: turn.connector, inReplyTo: memory.id },
          metadata: { type: "message" },
        };
        await runtime.createMemory(answer, "messages");
        texts.push(content.text);
        return [answer];
      });
      for (const text of texts) yield { type: "message", text };
    },
  };
}

/** Makes the turn's world, room and person known, since a message into an unknown room is never answered. */
async function toMemory(runtime, turn) {
  const { address, chat, sender, sentAt } = turn.events.at(-1);
  const source = turn.connector;
  const type = ChannelType.DM;
  const name = chat.title ?? sender.name;
  const id = (...scope) => createUniqueUuid(runtime, [turn.identity, ...scope].join("/"));
  const worldId = id("world", address.space ?? address.chat);
  // One room per session: core answers one message at a time in each, and so does a lane.
  const roomId = createUniqueUuid(runtime, turn.session);
  const entityId = id("user", sender.id);
  const place = { source, type, channelId: address.chat, worldId };
  // ensureConnection keeps what is there and names a new world and room badly, so both are made first.
  await runtime.ensureWorldExists({ id: worldId, name, agentId: runtime.agentId });
  await runtime.ensureRoomExists({ id: roomId, name, ...place });
  await runtime.ensureConnection({
    entityId,
    roomId,
    userId: sender.id,
    userName: sender.username ?? sender.name,
    name: sender.name,
    ...place,
  });
  return {
    id: id("message", address.chat, address.message),
    entityId,
    agentId: runtime.agentId,
    roomId,
    worldId,
    createdAt: sentAt,
    content: { text: turn.text, source, channelType: type },
    metadata: { type: "message", entityName: sender.name },
  };
}
