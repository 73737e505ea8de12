import type { Address, ConnectorRuntime, SendRequest } from "@elizaos/connector-core";
import { isRecord, Rejected } from "@elizaos/connector-core";
import type { AgentRuntime, Content, Room, SendHandler, Target } from "./agent-runtime.js";
import { isSaid } from "./answer.js";
import { toOutgoing } from "./media/outbound.js";
import type { Memories } from "./memories.js";

/** A place to send to, and the room that it is in that runtime, where it has one. */
interface Destination {
  readonly account: string | undefined;
  readonly to: Address;
  readonly room?: Room;
}

/** What `sendMessageToTarget` does for a connector: resolves when the message is in the outbox, which sends it durably. */
export function sendHandler(
  connector: string,
  connectors: () => ConnectorRuntime,
  memories: Memories,
): SendHandler {
  return async (runtime, target, content) => {
    if (!isSaid(content)) return;
    const { account, to, room } = await destinationOf(runtime, connector, target);
    const operation = await connectors().send(sendRequest({ connector, account, to }, content));
    if (room?.id === undefined) return;
    const place = { roomId: room.id, worldId: room.worldId };
    await runtime.createMemory(memories.ofProactive(place, content, connector, operation), "messages");
  };
}

export function sendRequest(
  {
    account,
    ...where
  }: { readonly connector: string; readonly account: string | undefined; readonly to: Address },
  { text = "", attachments = [] }: Content,
): SendRequest {
  return {
    ...where,
    text,
    ...(account !== undefined && { account }),
    ...(attachments.length > 0 && { attachments: attachments.map(toOutgoing) }),
  };
}

/** Rooms of ours say where they are; channels and threads are the platform's own ids. A person is written to in private. */
async function destinationOf(runtime: AgentRuntime, connector: string, target: Target): Promise<Destination> {
  const account = textOf(target.accountId);
  const channel = textOf(target.channelId);
  const thread = textOf(target.threadId);
  const room = await roomOf(runtime, connector, target);
  if (channel !== undefined && (room === undefined || room.channelId !== channel)) {
    const space = textOf(target.serverId);
    return {
      account,
      to: { chat: channel, ...(space !== undefined && { space }), ...(thread !== undefined && { thread }) },
    };
  }
  const known = room === undefined ? undefined : addressOf(room);
  if (room === undefined || known === undefined)
    throw new Rejected(
      `Nothing was sent: the target names no chat of ${connector} that is known. Give channelId, or the roomId or entityId of somebody who has written.`,
      { where: "sendMessageToTarget" },
    );
  return {
    account: account ?? known.account,
    to: { ...known.to, ...(thread !== undefined && { thread }) },
    room,
  };
}

async function roomOf(runtime: AgentRuntime, connector: string, target: Target): Promise<Room | undefined> {
  const roomId = textOf(target.roomId);
  if (roomId !== undefined) return (await runtime.getRoom(roomId)) ?? undefined;
  const entityId = textOf(target.entityId);
  if (entityId === undefined || target.channelId !== undefined) return undefined;
  for (const id of await runtime.getRoomsForParticipant(entityId)) {
    const room = await runtime.getRoom(id);
    if (room?.source === connector && room.type === "DM") return room;
  }
  return undefined;
}

function addressOf({
  channelId,
  metadata,
}: Room): { readonly account: string | undefined; readonly to: Address } | undefined {
  if (!isRecord(metadata))
    return channelId === undefined ? undefined : { account: undefined, to: { chat: channelId } };
  const chat = textOf(metadata["chat"]) ?? channelId;
  if (chat === undefined) return undefined;
  const space = textOf(metadata["space"]);
  const thread = textOf(metadata["thread"]);
  return {
    account: textOf(metadata["account"]),
    to: { chat, ...(space !== undefined && { space }), ...(thread !== undefined && { thread }) },
  };
}

function textOf(value: unknown): string | undefined {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}
