import { ChannelType, createUniqueUuid, Service } from "@elizaos/core";

/**
 * A connector as an elizaOS plugin: its one service opens the connector when the runtime has started.
 *
 * @param {Pick<import("./source.mjs").Source, "id" | "open">} connector
 */
export function pluginFromConnector(connector) {
  class ConnectorService extends Service {
    static serviceType = connector.id;
    capabilityDescription = `Sends and receives messages on ${connector.id}`;
    #stop;
    #connection;

    static async start(runtime) {
      const service = new ConnectorService(runtime);
      const stop = new AbortController();
      service.#stop = stop;
      service.#connection = await connector.open({
        agent: elizaAgent(runtime, connector.id),
        signal: stop.signal,
      });
      return service;
    }

    async stop() {
      this.#stop.abort();
      await this.#connection.close();
    }
  }
  return { name: connector.id, description: `Connector for ${connector.id}`, services: [ConnectorService] };
}

/**
 * The elizaOS runtime as an agent of the connector contract.
 *
 * @param {import("@elizaos/core").IAgentRuntime} runtime
 * @param {string} platform
 * @returns {import("./source.mjs").Agent}
 */
export function elizaAgent(runtime, platform) {
  return {
    async *run(turn) {
      const earlier = turn.events.slice(0, -1);
      const event = turn.events.at(-1);
      for (const before of earlier) await remember(runtime, platform, before);
      const ids = await connect(runtime, platform, event);
      const memory = toMemory(runtime, platform, event, ids, turn.events);

      // Core pushes messages into a callback and waits for it; the contract pulls. Each message waits here until
      // the consumer asks for the next one, which is how the callback learns that this one was taken over.
      const waiting = [];
      let wake = () => {};
      let settled = false;
      let failure;
      let index = 0;
      const work = runtime.messageService
        .handleMessage(runtime, memory, (content) => {
          // Core calls back without text when the agent ignores a message, and empty at the end of a multi-step run.
          if (settled || !content.text) return Promise.resolve([]);
          return new Promise((taken) => {
            waiting.push({ content, taken });
            wake();
          });
        })
        .catch((error) => {
          failure = { error };
        })
        .finally(() => {
          settled = true;
          wake();
        });

      let current;
      try {
        for (;;) {
          current = waiting.shift();
          if (current) {
            yield { text: current.content.text };
            // Core keeps what people wrote, never what the agent answered.
            const answer = toAnswer(runtime, platform, event, ids, index++, current.content);
            await runtime.createMemory(answer, "messages");
            current.taken([answer]);
            current = undefined;
          } else if (settled) {
            break;
          } else {
            await new Promise((resolve) => {
              wake = resolve;
            });
          }
        }
      } finally {
        // A consumer that leaves early still waits for the agent: core has no way to stop a message under way.
        settled = true;
        for (const left of current ? [current, ...waiting] : waiting) left.taken([]);
        await work;
      }
      if (failure) throw failure.error;
    },
  };
}

/** Makes the world, room and people known; a message into an unknown room is never answered. */
async function connect(runtime, platform, event) {
  const { identity, chat, sender } = event;
  const id = (...scope) => createUniqueUuid(runtime, [platform, identity, ...scope].join(":"));
  const worldId = id("space", chat.space ?? chat.id);
  const roomId = id("chat", chat.id);
  const entityId = id("user", sender.id);
  const type = chat.kind === "dm" ? ChannelType.DM : ChannelType.GROUP;
  const name = chat.title ?? sender.name;
  // ensureConnection keeps what is there and names a new world and room badly, so both are made first.
  await runtime.ensureWorldExists({ id: worldId, name, agentId: runtime.agentId });
  await runtime.ensureRoomExists({ id: roomId, name, source: platform, type, channelId: chat.id, worldId });
  await runtime.ensureConnection({
    entityId,
    roomId,
    worldId,
    userName: sender.name,
    name: sender.name,
    userId: sender.id,
    source: platform,
    type,
    channelId: chat.id,
  });
  return { worldId, roomId, entityId, messageId: id("message", chat.id, event.key), type };
}

/** Core answers one message at a time; the others of a turn become its history. */
async function remember(runtime, platform, event) {
  const ids = await connect(runtime, platform, event);
  if (await runtime.getMemoryById(ids.messageId)) return;
  await runtime.createMemory(toMemory(runtime, platform, event, ids, [event]), "messages");
}

/** @param events what the message speaks for: one that mentions the agent is enough */
function toMemory(runtime, platform, event, ids, events) {
  return {
    id: ids.messageId,
    entityId: ids.entityId,
    agentId: runtime.agentId,
    roomId: ids.roomId,
    worldId: ids.worldId,
    createdAt: event.at,
    content: {
      text: event.text,
      source: platform,
      channelType: ids.type,
      mentionContext: {
        isMention: events.some(({ mention }) => mention.mentioned),
        isReply: events.some(({ mention }) => mention.replyToSelf),
        isThread: false,
      },
    },
    metadata: { type: "message", entityName: event.sender.name },
  };
}

function toAnswer(runtime, platform, event, ids, index, content) {
  return {
    id: createUniqueUuid(
      runtime,
      [platform, event.identity, "answer", event.chat.id, event.key, index].join(":"),
    ),
    entityId: runtime.agentId,
    agentId: runtime.agentId,
    roomId: ids.roomId,
    worldId: ids.worldId,
    createdAt: Date.now(),
    content: { ...content, source: platform, channelType: ids.type, inReplyTo: ids.messageId },
    metadata: { type: "message" },
  };
}
