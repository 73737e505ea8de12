import type { InboundEvent, Sender } from "@elizaos/connector-core";
import { isRecord, RecentMap } from "@elizaos/connector-core";
import type { AgentRuntime } from "./agent-runtime.js";
import { channelType } from "./channel.js";
import { idOf } from "./ids.js";
import { Rooms } from "./rooms.js";

/** Rooms, and people in rooms, that are known to exist. */
const MAX_KNOWN = 20_000;

/** Whose session something belongs to. */
export interface Where {
  readonly connector: string;
  readonly account: string;
  readonly identity: string;
  readonly session: string;
}

/** Where something happened, in ids of that runtime. */
export interface Place {
  readonly roomId: string;
  readonly worldId: string;
  readonly entityId: string;
  readonly type: string;
}

/**
 * Makes worlds, rooms and people known to that runtime before it is told of them, and once only: `ensureConnection` writes all of them anew
 * for each message, names every world after its id, and rooms after people.
 */
export class Places {
  readonly rooms: Rooms;
  readonly #runtime: AgentRuntime;
  /** Titles of rooms, and names of people in rooms, by id. */
  readonly #known = new RecentMap<string, string>(MAX_KNOWN);

  constructor(runtime: AgentRuntime) {
    this.#runtime = runtime;
    this.rooms = new Rooms(runtime);
  }

  /** The room of a session, its world and the sender in it, all of them there. */
  async of(where: Where, event: InboundEvent): Promise<Place> {
    const { agentId } = this.#runtime;
    const { address, sender } = event;
    const roomId = await this.rooms.idOf(where.identity, where.session);
    const worldId = idOf(
      agentId,
      "world",
      where.identity,
      address.space ?? "",
      address.space === undefined ? address.chat : "",
    );
    const place: Place = {
      roomId,
      worldId,
      entityId: this.entityId(where.identity, sender.id),
      type: channelType(event),
    };
    const isNew = await this.#room(where, event, place);
    await this.#person(where, sender, place, isNew);
    return place;
  }

  entityId(identity: string, sender: string): string {
    return idOf(this.#runtime.agentId, "entity", identity, sender);
  }

  /** The memory of a message, whether or not there is one. */
  messageId(identity: string, chat: string, message: string): string {
    return idOf(this.#runtime.agentId, "message", identity, chat, message);
  }

  /** Whether it was made just now. */
  async #room(where: Where, event: InboundEvent, { roomId, worldId, type }: Place): Promise<boolean> {
    const { agentId } = this.#runtime;
    const { address, chat } = event;
    const name = titleOf(event);
    const known = this.#known.get(roomId);
    if (known === name) return false;
    const room = known === undefined ? await this.#runtime.getRoom(roomId) : { name: known };
    if (room === null) {
      await this.#runtime.ensureWorldExists({ id: worldId, name, agentId, messageServerId: worldId });
      const { connector, account, identity } = where;
      const metadata = {
        account,
        identity,
        chat: address.chat,
        kind: chat.kind,
        ...(address.space !== undefined && { space: address.space }),
        ...(address.thread !== undefined && { thread: address.thread }),
      };
      await this.#runtime.createRooms([
        {
          id: roomId,
          name,
          agentId,
          source: connector,
          type,
          channelId: address.chat,
          messageServerId: worldId,
          worldId,
          metadata,
        },
      ]);
    } else if (chat.title !== undefined && room.name !== name) {
      await this.#rename(roomId, name);
    }
    this.#known.set(roomId, name);
    return room === null;
  }

  async #rename(roomId: string, name: string): Promise<void> {
    const room = await this.#runtime.getRoom(roomId);
    if (room !== null) await this.#runtime.updateRoom({ ...room, name });
  }

  async #person(
    { connector }: Where,
    sender: Sender,
    { entityId, roomId }: Place,
    isNew: boolean,
  ): Promise<void> {
    const key = `${roomId}/${entityId}`;
    const names = [...new Set([sender.name, sender.username])].filter((name) => name !== undefined);
    const shown = names.join("\n");
    const known = this.#known.get(key);
    if (known === shown) return;
    const { agentId } = this.#runtime;
    const metadata = { [connector]: { id: sender.id, name: sender.name, userName: sender.username } };
    const entity = await this.#runtime.getEntityById(entityId);
    if (entity === null) {
      await this.#runtime.createEntity({
        id: entityId,
        names: names.length > 0 ? names : [sender.id],
        metadata,
        agentId,
      });
    } else if (names.some((name) => !entity.names?.includes(name))) {
      const former = isRecord(entity.metadata) ? entity.metadata : {};
      await this.#runtime.updateEntity({
        ...entity,
        id: entityId,
        names: [...new Set([...names, ...(entity.names ?? [])])],
        metadata: { ...former, ...metadata },
        agentId,
      });
    }
    if (known === undefined) await this.#enter(roomId, [entityId, agentId], isNew);
    this.#known.set(key, shown);
  }

  /** Its databases take a participant twice. */
  async #enter(roomId: string, entityIds: readonly string[], isNew: boolean): Promise<void> {
    const runtime = this.#runtime;
    const present = isNew ? [] : await runtime.getParticipantsForRoom(roomId);
    const missing = entityIds.filter((id) => !present.includes(id));
    if (missing.length === 0) return;
    if (runtime.addParticipantsRoom !== undefined) await runtime.addParticipantsRoom(missing, roomId);
    else if (runtime.createRoomParticipants !== undefined)
      await runtime.createRoomParticipants(missing, roomId);
    else for (const id of missing) await runtime.addParticipant(id, roomId);
  }
}

/** What people see on top of the chat. */
function titleOf({ chat, address, sender }: InboundEvent): string {
  return chat.title ?? sender.name ?? sender.username ?? address.chat;
}
