import type { Json } from "@elizaos/connector-core";

/**
 * As much of the runtime of `@elizaos/core` as connectors need, by structure: releases 1.7 and 2.0 both have it, which
 * `checks/eliza` holds against their types. What only one of them has is optional and looked for when it is needed.
 */
export interface AgentRuntime {
  readonly agentId: string;
  readonly character: Character;
  readonly logger: RuntimeLogger;
  readonly messageService: MessageService | null;
  readonly actions: readonly { readonly name: string }[];

  getSetting(key: string): unknown;
  getService(type: string): unknown;
  getModel(type: string): unknown;
  useModel(type: string, parameters: unknown): Promise<unknown>;
  emitEvent(event: string, payload: unknown): Promise<void>;

  registerSendHandler(source: string, handler: SendHandler): void;
  registerAction(action: RuntimeAction): void;
  registerProvider(provider: RuntimeProvider): void;
  registerEvaluator(evaluator: RuntimeEvaluator): void;

  ensureWorldExists(world: World): Promise<void>;
  createRooms(rooms: readonly Room[]): Promise<unknown>;
  getRoom(id: string): Promise<Room | null>;
  updateRoom(room: Room): Promise<void>;
  getRoomsForParticipant(entityId: string): Promise<readonly string[]>;
  getEntityById(id: string): Promise<Entity | null>;
  createEntity(entity: Entity): Promise<boolean>;
  updateEntity(entity: Entity): Promise<void>;
  getParticipantsForRoom(roomId: string): Promise<readonly string[]>;
  addParticipant(entityId: string, roomId: string): Promise<boolean>;
  /** 1.x. */
  addParticipantsRoom?(entityIds: readonly string[], roomId: string): Promise<unknown>;
  /** 2.x. */
  createRoomParticipants?(entityIds: readonly string[], roomId: string): Promise<unknown>;

  createMemory(memory: KnownMemory, table: string): Promise<unknown>;
  getMemoryById(id: string): Promise<KnownMemory | null>;
  getMemories(query: {
    readonly roomId?: string | undefined;
    readonly tableName?: string | undefined;
    readonly count?: number | undefined;
  }): Promise<readonly KnownMemory[]>;
  updateMemory(memory: Partial<KnownMemory> & { readonly id: string }): Promise<unknown>;
  deleteMemory(id: string): Promise<void>;
  queueEmbeddingGeneration(memory: KnownMemory, priority: "high" | "normal" | "low"): Promise<void>;
  getCache(key: string): Promise<unknown>;
  setCache(key: string, value: unknown): Promise<unknown>;
}

export interface Character {
  readonly name?: string | undefined;
  readonly settings?: Readonly<Record<string, unknown>> | undefined;
}

export interface RuntimeLogger {
  debug(fields: Record<string, unknown>, message: string): void;
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
  error(fields: Record<string, unknown>, message: string): void;
}

export interface World {
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  readonly agentId?: string | undefined;
  readonly messageServerId?: string | undefined;
}

export interface Room {
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  readonly agentId?: string | undefined;
  readonly source?: string | undefined;
  readonly type?: string | undefined;
  readonly channelId?: string | undefined;
  readonly messageServerId?: string | undefined;
  readonly worldId?: string | undefined;
  readonly metadata?: unknown;
}

export interface Entity {
  readonly id?: string | undefined;
  readonly names?: readonly string[] | undefined;
  readonly metadata?: unknown;
  readonly agentId?: string | undefined;
}

export interface MentionContext {
  readonly isMention: boolean;
  readonly isReply: boolean;
  readonly isThread: boolean;
  readonly mentionType: "platform_mention" | "reply" | "thread" | "none";
}

export interface Media {
  readonly id: string;
  readonly url: string;
  readonly title?: string | undefined;
  readonly source?: string | undefined;
  readonly description?: string | undefined;
  readonly text?: string | undefined;
  readonly contentType?: string | undefined;
}

export interface Content {
  readonly text?: string | undefined;
  readonly actions?: readonly string[] | undefined;
  readonly source?: string | undefined;
  readonly channelType?: string | undefined;
  readonly inReplyTo?: string | undefined;
  readonly mentionContext?: unknown;
  readonly attachments?: readonly Media[] | undefined;
  readonly [key: string]: unknown;
}

/** A memory as that runtime gives and takes it. */
export interface KnownMemory {
  readonly id?: string | undefined;
  readonly entityId?: string | undefined;
  readonly agentId?: string | undefined;
  readonly roomId?: string | undefined;
  readonly worldId?: string | undefined;
  /** Unix time in ms. */
  readonly createdAt?: number | undefined;
  readonly content: Content;
  readonly metadata?: unknown;
}

/** A memory that was made here. */
export interface Memory extends KnownMemory {
  readonly id: string;
  readonly roomId: string;
}

export interface MessageService {
  /**
   * @param runtime the one that it belongs to, all of it
   * @param callback takes a `Content`, resolves to the memories that were made of it
   */
  handleMessage(
    runtime: unknown,
    message: KnownMemory,
    callback: unknown,
    options: {
      readonly onStreamChunk: (chunk: string) => Promise<void>;
      /** 2.x: an answer is not dropped because a newer message of its room has come. */
      readonly keepExistingResponses: true;
    },
  ): Promise<{ readonly responseMessages?: readonly { readonly id?: string; readonly content: unknown }[] }>;
}

/** Where `sendMessageToTarget` wants something said; releases differ in what they put there. */
export interface Target {
  readonly source?: unknown;
  readonly accountId?: unknown;
  readonly roomId?: unknown;
  readonly channelId?: unknown;
  readonly serverId?: unknown;
  readonly entityId?: unknown;
  readonly threadId?: unknown;
}

export type SendHandler = (runtime: AgentRuntime, target: Target, content: Content) => Promise<void>;

/** Both releases show it to a model; 2.x also checks what that made of it. */
export interface JsonSchema {
  readonly type: string;
}

/** A type and no interface: 1.x wants an index signature. */
export type RuntimeAction = {
  readonly name: string;
  readonly similes: string[];
  readonly description: string;
  /** 2.x: filled by the model before the handler is called. */
  readonly parameters: {
    readonly name: string;
    readonly description: string;
    readonly required: boolean;
    readonly schema: JsonSchema;
  }[];
  readonly examples: [];
  validate(runtime: unknown, message: KnownMemory): Promise<boolean>;
  handler(runtime: unknown, message: KnownMemory, state: unknown, options: unknown): Promise<ActionOutcome>;
};

export interface ActionOutcome {
  readonly success: boolean;
  readonly text: string;
  readonly data?: Record<string, Json>;
  readonly error?: string;
}

export interface RuntimeProvider {
  readonly name: string;
  readonly description: string;
  get(runtime: unknown, message: KnownMemory): Promise<{ readonly text: string }>;
}

export interface RuntimeEvaluator {
  readonly name: string;
  readonly description: string;
  readonly similes: string[];
  readonly examples: [];
  /** Asked also when the agent kept silent. */
  readonly alwaysRun: true;
  validate(runtime: unknown, message: KnownMemory): Promise<boolean>;
  handler(): Promise<undefined>;
}
