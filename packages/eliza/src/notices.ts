import type { AgentNotice, DeletedEvent, EditedEvent, InboundEvent } from "@elizaos/connector-core";
import type { AgentRuntime, Memory } from "./agent-runtime.js";
import { contentOf, type Memories } from "./memories.js";
import type { Place, Places, Where } from "./places.js";

/** What is no turn, in that runtime's words: memories for what was said, events for what happened. */
export class Notices {
  readonly #runtime: AgentRuntime;
  readonly #places: Places;
  readonly #memories: Memories;

  constructor(runtime: AgentRuntime, places: Places, memories: Memories) {
    this.#runtime = runtime;
    this.#places = places;
    this.#memories = memories;
  }

  async take(notice: AgentNotice): Promise<void> {
    switch (notice.type) {
      case "reset":
        return this.#places.rooms.reset(notice.identity, notice.session);
      case "renamed":
        return this.#places.rooms.renamed(notice.identity, notice.from, notice.to);
      case "context":
        return this.#context(notice);
      case "committed":
        return;
    }
  }

  async #context(notice: AgentNotice & { readonly type: "context" }): Promise<void> {
    const where: Where = notice;
    const { connector, identity, event } = notice;
    const place = await this.#places.of(where, event);
    const remember = (text: string) => this.#memories.ofEvent(where, place, event, Date.now(), text);
    switch (event.kind) {
      case "message":
      case "command":
        return this.#keep(remember(textOf(event)));
      case "edited":
        return this.#edited(where, event);
      case "deleted":
        return this.#deleted(where, event);
      case "reaction": {
        const { added, removed } = event;
        const text = [
          ...added.map((emoji) => `Reacted with ${emoji}.`),
          ...removed.map((emoji) => `Took ${emoji} back.`),
        ].join(" ");
        const memory = remember(text);
        const { message } = event.address;
        const inReplyTo =
          message === undefined
            ? {}
            : { inReplyTo: this.#places.messageId(identity, event.address.chat, message) };
        return this.#emit("REACTION_RECEIVED", connector, {
          message: { ...memory, content: { ...memory.content, ...inReplyTo } },
        });
      }
      case "member":
        return this.#member(where, place, event.member, event.change);
      case "lifecycle":
        if (event.change !== "added" && event.change !== "removed") return;
        return this.#emit(
          event.change === "added" ? "WORLD_JOINED" : "WORLD_LEFT",
          connector,
          await this.#world(where, place, event),
        );
      case "button":
      case "vote":
      case "notice":
        return this.#emit("INTERACTION_RECEIVED", connector, { message: remember(textOf(event)) });
    }
  }

  async #keep(memory: Memory): Promise<void> {
    await this.#runtime.createMemory(memory, "messages");
    await this.#runtime.queueEmbeddingGeneration(memory, "low");
  }

  async #edited({ identity }: Where, event: EditedEvent): Promise<void> {
    const { chat, message } = event.address;
    if (message === undefined) return;
    const id = this.#places.messageId(identity, chat, message);
    const known = await this.#runtime.getMemoryById(id);
    if (known === null) return;
    await this.#runtime.updateMemory({ id, content: { ...known.content, text: event.content.text } });
  }

  async #deleted({ identity, connector }: Where, event: DeletedEvent): Promise<void> {
    for (const message of event.messages) {
      const id = this.#places.messageId(identity, event.address.chat, message);
      const memory = await this.#runtime.getMemoryById(id);
      if (memory === null) continue;
      await this.#emit("MESSAGE_DELETED", connector, { message: memory });
      await this.#runtime.deleteMemory(id);
    }
  }

  #member(
    { identity, connector }: Where,
    { worldId, roomId, type }: Place,
    member: InboundEvent["sender"],
    change: "joined" | "left" | "updated",
  ): Promise<void> {
    const name = { joined: "ENTITY_JOINED", left: "ENTITY_LEFT", updated: "ENTITY_UPDATED" }[change];
    return this.#emit(name, connector, {
      entityId: this.#places.entityId(identity, member.id),
      worldId,
      roomId,
      metadata: {
        type,
        originalId: member.id,
        username: member.username ?? member.id,
        ...(member.name !== undefined && { displayName: member.name }),
      },
    });
  }

  async #world(
    where: Where,
    { roomId, worldId, type }: Place,
    { address, chat }: InboundEvent,
  ): Promise<object> {
    const name = chat.title ?? address.chat;
    const { agentId } = this.#runtime;
    return {
      world: { id: worldId, name, agentId, messageServerId: worldId },
      rooms: [
        {
          id: roomId,
          name,
          source: where.connector,
          type,
          channelId: address.chat,
          messageServerId: worldId,
          worldId,
        },
      ],
      entities: [],
    };
  }

  #emit(event: string, source: string, payload: object): Promise<void> {
    return this.#runtime.emitEvent(event, { ...payload, runtime: this.#runtime, source });
  }
}

function textOf(event: InboundEvent): string {
  if (event.kind === "button") return event.data;
  if (event.kind === "notice") return event.text;
  if (event.kind === "vote") return `Voted for ${event.options.map((option) => option + 1).join(", ")}.`;
  const content = contentOf(event);
  const files = content?.attachments ?? [];
  return [
    content?.text ?? "",
    ...files.map(({ type, name }) => `[${[type, name].filter(Boolean).join(": ")}]`),
  ]
    .filter((text) => text !== "")
    .join("\n");
}
