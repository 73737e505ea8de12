import { type ChannelType, GatewayDispatchEvents, MessageFlags, MessageType } from "discord-api-types/v10";
import type { Channel } from "./channel.js";
import type { StoredMessage } from "./message.js";
import { channelPayload, threadMemberPayload } from "./render.js";
import type { World } from "./world.js";

export interface ThreadOptions {
  name: string;
  ownerId: string;
  type: ChannelType;
  /** Default: the next free one. */
  id?: string;
  /** The message that it hangs from; it gives the thread its id. */
  starter?: StoredMessage;
  /** In minutes. Default: a day. */
  autoArchive?: number;
  invitable?: boolean;
  appliedTags?: readonly string[];
  rateLimitPerUser?: number;
}

/** Opens a thread, with what stands in its channel about it, and tells the bots. */
export function openThread(world: World, parent: Channel, options: ThreadOptions): Channel {
  const { name, ownerId, type, starter, autoArchive = 1_440, invitable = true, appliedTags = [] } = options;
  const { guild } = parent;
  const thread = world.addChannel({
    ...(options.id !== undefined && { id: options.id }),
    ...(starter !== undefined && { id: starter.message.id }),
    ...(guild !== undefined && { guild }),
    name,
    type,
    parent,
    thread: {
      ownerId,
      archived: false,
      locked: false,
      autoArchive,
      archivedAt: world.time,
      createdAt: world.time,
      invitable,
      appliedTags: [...appliedTags],
      members: new Map([[ownerId, world.time]]),
      totalSent: 0,
    },
  });
  thread.rateLimitPerUser = options.rateLimitPerUser ?? 0;
  world.announceChannel(GatewayDispatchEvents.ThreadCreate, thread, { newly_created: true });
  const owner = world.users.get(ownerId);
  if (owner === undefined) return thread;
  if (starter !== undefined) {
    const flags = (starter.message.flags ?? 0) | MessageFlags.HasThread;
    world.messages.update(parent, starter, { flags, thread: channelPayload(thread) });
    // The thread begins with a message that stands for its starter (Discord, "Thread Starter Message").
    world.messages.post(thread, {
      author: owner,
      type: MessageType.ThreadStarterMessage,
      more: {
        message_reference: {
          channel_id: parent.id,
          message_id: starter.message.id,
          ...(guild !== undefined && { guild_id: guild.id }),
        },
      },
    });
  } else if (!parent.isForum) {
    world.messages.post(parent, {
      author: owner,
      content: name,
      type: MessageType.ThreadCreated,
      more: {
        message_reference: { channel_id: thread.id, ...(guild !== undefined && { guild_id: guild.id }) },
      },
    });
  }
  return thread;
}

/** Somebody comes into a thread, or goes. */
export function setThreadMember(world: World, channel: Channel, userId: string, isMember: boolean): void {
  const { thread, guild } = channel;
  if (thread === undefined || thread.members.has(userId) === isMember) return;
  const joined = world.time;
  if (isMember) thread.members.set(userId, joined);
  const bot = world.botOf(userId);
  world.dispatcher.emit({
    event: GatewayDispatchEvents.ThreadMembersUpdate,
    channel,
    data: () => ({
      id: channel.id,
      guild_id: guild?.id,
      member_count: thread.members.size - (isMember ? 0 : 1),
      ...(isMember
        ? { added_members: [{ ...threadMemberPayload(channel, userId, joined), presence: null }] }
        : { removed_member_ids: [userId] }),
    }),
  });
  if (!isMember) thread.members.delete(userId);
  else if (bot !== undefined)
    world.dispatcher.emit({
      event: GatewayDispatchEvents.ThreadCreate,
      channel,
      only: bot,
      data: () => channelPayload(channel, userId),
    });
  world.changed();
}
