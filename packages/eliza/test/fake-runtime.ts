import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startToyPlatform, type ToyPlatform, toy } from "@elizaos/connector-testkit/toy";
import { onTestFinished } from "vitest";
import type {
  AgentRuntime,
  Content,
  Entity,
  KnownMemory,
  Memory,
  Room,
  RuntimeAction,
  RuntimeEvaluator,
  RuntimeProvider,
  SendHandler,
} from "../src/agent-runtime.js";
import { type ConnectorService, elizaPlugin } from "../src/index.js";

/** Runs after the test, last registered first. */
function afterTest(cleanup: () => unknown): void {
  onTestFinished(async () => void (await cleanup()));
}

export interface Handling {
  readonly message: KnownMemory;
  readonly runtime: FakeRuntime;
  say(content: Content): Promise<unknown>;
  stream(chunk: string): Promise<void>;
  /** As before evaluators look back. */
  evaluate(): Promise<void>;
}

/**
 * As much of that runtime as a conversation needs, for what the real one cannot be made to do on demand: streams, callbacks that come too
 * late, releases that do not exist yet. Everything else is shown in the real one, by checks/eliza.
 */
export class FakeRuntime implements AgentRuntime {
  readonly agentId = "b850bc30-45f8-4041-a00a-83df46d8555d";
  readonly character: AgentRuntime["character"] & { readonly connectors?: unknown };
  readonly lines: string[] = [];
  readonly actions: RuntimeAction[] = [];
  readonly providers: RuntimeProvider[] = [];
  readonly evaluators: RuntimeEvaluator[] = [];
  readonly sendHandlers = new Map<string, SendHandler>();
  readonly memories = new Map<string, KnownMemory>();
  readonly rooms = new Map<string, Room>();
  readonly handled: KnownMemory[] = [];
  readonly #settings: Readonly<Record<string, unknown>>;
  readonly #entities = new Map<string, Entity>();
  readonly #participants = new Map<string, string[]>();
  readonly #cache = new Map<string, unknown>();
  handle: (handling: Handling) => Promise<void> = async ({ message, say }) => {
    await say({ text: `You said: ${message.content.text}` });
  };

  constructor(settings: Readonly<Record<string, unknown>>, character: FakeRuntime["character"] = {}) {
    this.#settings = settings;
    this.character = character;
  }

  readonly logger: AgentRuntime["logger"] = {
    debug: () => {},
    info: (_fields, message) => void this.lines.push(`info ${message}`),
    warn: (_fields, message) => void this.lines.push(`warn ${message}`),
    error: (_fields, message) => void this.lines.push(`error ${message}`),
  };

  readonly messageService: NonNullable<AgentRuntime["messageService"]> = {
    handleMessage: async (_runtime, message, callback, { onStreamChunk }) => {
      if (typeof callback !== "function") throw new TypeError("no callback");
      this.handled.push(message);
      await this.createMemory(message);
      const said: Content[] = [];
      await this.handle({
        message,
        runtime: this,
        say: (content) => {
          said.push(content);
          return Promise.resolve(callback(content));
        },
        stream: onStreamChunk,
        evaluate: async () => {
          for (const evaluator of this.evaluators) await evaluator.validate(this, message);
        },
      });
      // Memories that it has not kept, as 1.7.
      return { responseMessages: said.map((content) => ({ id: crypto.randomUUID(), content })) };
    },
  };

  getSetting(key: string): unknown {
    return this.#settings[key] ?? null;
  }
  getService(): unknown {
    return null;
  }
  getModel(): unknown {
    return undefined;
  }
  async useModel(): Promise<unknown> {
    return "";
  }
  async emitEvent(): Promise<void> {}
  registerSendHandler(source: string, handler: SendHandler): void {
    this.sendHandlers.set(source, handler);
  }
  registerAction(action: RuntimeAction): void {
    this.actions.push(action);
  }
  registerProvider(provider: RuntimeProvider): void {
    this.providers.push(provider);
  }
  registerEvaluator(evaluator: RuntimeEvaluator): void {
    this.evaluators.push(evaluator);
  }

  async ensureWorldExists(): Promise<void> {}
  async createRooms(rooms: readonly Room[]): Promise<void> {
    for (const room of rooms) if (room.id !== undefined) this.rooms.set(room.id, room);
  }
  async getRoom(id: string): Promise<Room | null> {
    return this.rooms.get(id) ?? null;
  }
  async updateRoom(room: Room): Promise<void> {
    if (room.id !== undefined) this.rooms.set(room.id, room);
  }
  async getRoomsForParticipant(entityId: string): Promise<string[]> {
    return [...this.#participants].flatMap(([room, ids]) => (ids.includes(entityId) ? [room] : []));
  }
  async getEntityById(id: string): Promise<Entity | null> {
    return this.#entities.get(id) ?? null;
  }
  async createEntity(entity: Entity): Promise<boolean> {
    if (entity.id !== undefined) this.#entities.set(entity.id, entity);
    return true;
  }
  async updateEntity(entity: Entity): Promise<void> {
    await this.createEntity(entity);
  }
  async getParticipantsForRoom(roomId: string): Promise<readonly string[]> {
    return this.#participants.get(roomId) ?? [];
  }
  async addParticipant(entityId: string, roomId: string): Promise<boolean> {
    this.#participants.set(roomId, [...(this.#participants.get(roomId) ?? []), entityId]);
    return true;
  }

  async createMemory(memory: KnownMemory): Promise<void> {
    if (memory.id !== undefined && !this.memories.has(memory.id)) this.memories.set(memory.id, memory);
  }
  async getMemoryById(id: string): Promise<KnownMemory | null> {
    return this.memories.get(id) ?? null;
  }
  async getMemories({ roomId }: { readonly roomId?: string | undefined }): Promise<KnownMemory[]> {
    return [...this.memories.values()].filter((memory) => memory.roomId === roomId);
  }
  async updateMemory(memory: Partial<Memory> & { readonly id: string }): Promise<void> {
    const known = this.memories.get(memory.id);
    if (known !== undefined) this.memories.set(memory.id, { ...known, ...memory });
  }
  async deleteMemory(id: string): Promise<void> {
    this.memories.delete(id);
  }
  async queueEmbeddingGeneration(): Promise<void> {}
  async getCache(key: string): Promise<unknown> {
    return this.#cache.get(key);
  }
  async setCache(key: string, value: unknown): Promise<boolean> {
    this.#cache.set(key, value);
    return true;
  }

  /** Texts in memory, oldest first. */
  texts(): (string | undefined)[] {
    return [...this.memories.values()].map(({ content }) => content.text);
  }
}

export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "connector-eliza-"));
  afterTest(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

export async function toyPlatform(): Promise<ToyPlatform> {
  const platform = await startToyPlatform();
  afterTest(() => platform.close());
  return platform;
}

/** The toy connector as a plugin in that runtime, loaded and started as it is there. */
export async function started(runtime: AgentRuntime): Promise<ConnectorService> {
  const plugin = elizaPlugin(toy);
  await plugin.init({}, runtime);
  const service = await serviceOf(plugin).start(runtime);
  afterTest(() => service.stop());
  return service;
}

function serviceOf(plugin: object): { start(runtime: AgentRuntime): Promise<ConnectorService> } {
  if (!("services" in plugin) || !Array.isArray(plugin.services))
    throw new Error("the plugin has no services");
  return plugin.services[0];
}
