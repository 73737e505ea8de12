import type { InboundEvent, MessageContent, Turn } from "@elizaos/connector-core";
import type { AgentRuntime, Content, Memory } from "./agent-runtime.js";
import { channelType, mentionContext } from "./channel.js";
import { idOf } from "./ids.js";
import { toMedia } from "./media/inbound.js";
import { withoutBytes } from "./media/outbound.js";
import type { Place, Places, Where } from "./places.js";

/** How much of a room is looked through for what earlier attempts of a turn left in it. */
const MAX_LEFTOVERS = 20;

/** Turns and events of connectors as memories of that runtime. Ids follow from ours, so that nothing is remembered twice. */
export class Memories {
  readonly #runtime: AgentRuntime;
  readonly #places: Places;

  constructor(runtime: AgentRuntime, places: Places) {
    this.#runtime = runtime;
    this.#places = places;
  }

  /** What the turn asks, ready for `handleMessage`, which stores it. */
  async ofTurn(turn: Turn, place: Place, signal: AbortSignal): Promise<Memory> {
    const [first] = turn.events;
    const memory = this.#memory(turn, place, first, turn.receivedAt, {
      text: turn.text,
      mentionContext: mentionContext(turn.events),
    });
    const refs = turn.events.flatMap((event) => contentOf(event)?.attachments ?? []);
    const attachments = await Promise.all(
      refs.map((ref, index) => {
        const id = idOf(this.#runtime.agentId, "attachment", turn.id, String(index));
        return toMedia(this.#runtime, turn, ref, id, signal);
      }),
    );
    return attachments.length === 0 ? memory : { ...memory, content: { ...memory.content, attachments } };
  }

  /** What is kept for the session and is no turn. `at`: when it came, Unix ms by this host's clock. */
  ofEvent(where: Where, place: Place, event: InboundEvent, at: number, text: string): Memory {
    return this.#memory(where, place, event, at, { text });
  }

  /** The `index`th thing that the agent said in answer to `asked`. */
  ofAnswer(turn: Turn, asked: Memory, content: Content, index: string): Memory {
    const { agentId } = this.#runtime;
    const { attachments } = content;
    return {
      id: idOf(agentId, "answer", turn.id, index),
      entityId: agentId,
      agentId,
      roomId: asked.roomId,
      worldId: asked.worldId,
      // Memories are read in the order of their times, and the clock's step may be longer than an answer takes.
      createdAt: Math.max(Date.now(), turn.receivedAt + 1),
      content: {
        ...content,
        source: turn.connector,
        channelType: asked.content.channelType,
        inReplyTo: asked.id,
        ...(attachments !== undefined && { attachments: attachments.map(withoutBytes) }),
      },
      metadata: { type: "message", source: turn.connector },
    };
  }

  /** Takes out what earlier attempts answered: it was not used, and this one answers anew. */
  async forgetAnswers(turn: Turn, roomId: string): Promise<void> {
    const { agentId } = this.#runtime;
    const newest = await this.#runtime.getMemories({ roomId, tableName: "messages", count: MAX_LEFTOVERS });
    for (const { id, entityId, createdAt = 0, metadata } of newest)
      if (id !== undefined && entityId === agentId && createdAt > turn.receivedAt && !isProactive(metadata))
        await this.#runtime.deleteMemory(id);
  }

  /** Something said without being asked. */
  ofProactive(
    place: Pick<Place, "roomId"> & { readonly worldId?: string | undefined },
    content: Content,
    source: string,
    operation: number,
  ): Memory {
    const { agentId } = this.#runtime;
    const { attachments } = content;
    return {
      id: idOf(agentId, "proactive", place.roomId, String(operation)),
      entityId: agentId,
      agentId,
      roomId: place.roomId,
      worldId: place.worldId,
      createdAt: Date.now(),
      content: {
        ...content,
        source,
        ...(attachments !== undefined && { attachments: attachments.map(withoutBytes) }),
      },
      metadata: { type: "message", source, isProactive: true },
    };
  }

  #memory(
    where: Where,
    { roomId, worldId, entityId }: Place,
    event: InboundEvent,
    createdAt: number,
    content: Content,
  ): Memory {
    const { agentId } = this.#runtime;
    const { address, sender } = event;
    const replyTo = contentOf(event)?.replyTo;
    return {
      id:
        (event.kind === "message" || event.kind === "command") && address.message !== undefined
          ? this.#places.messageId(where.identity, address.chat, address.message)
          : idOf(agentId, "event", where.identity, event.keys[0]),
      entityId,
      agentId,
      roomId,
      worldId,
      createdAt,
      content: {
        ...content,
        source: where.connector,
        channelType: channelType(event),
        ...(replyTo !== undefined && {
          inReplyTo: this.#places.messageId(where.identity, address.chat, replyTo.message),
        }),
      },
      metadata: {
        type: "message",
        source: where.connector,
        entityName: sender.name ?? sender.username ?? sender.id,
        account: where.account,
        sentAt: event.sentAt,
        ...(address.message !== undefined && { message: address.message }),
      },
    };
  }
}

export function contentOf(event: InboundEvent): MessageContent | undefined {
  return event.kind === "message" || event.kind === "edited" || event.kind === "command"
    ? event.content
    : undefined;
}

function isProactive(metadata: unknown): boolean {
  return typeof metadata === "object" && metadata !== null && "isProactive" in metadata;
}
