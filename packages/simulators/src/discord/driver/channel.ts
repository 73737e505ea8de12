import { ChannelType, EmbedType, GatewayDispatchEvents, MessageType } from "discord-api-types/v10";
import { SimulatorError } from "../../kit/errors.js";
import type { Channel } from "../channel.js";
import type { Message } from "../message.js";
import { openThread } from "../threads.js";
import { newWebhook, webhookAuthor } from "../webhooks.js";
import { Conversation, type MessageRef } from "./conversation.js";
import { type SayOptions, Speaker } from "./speaker.js";
import type { UserHandle } from "./user.js";

/** A channel or thread of a server. */
export class ChannelHandle extends Conversation {
  /** What one writes to mention the channel. */
  get mention(): string {
    return `<#${this.id}>`;
  }

  /** The handle's channel, for the simulator's own use. */
  get state(): Channel {
    return this.channel;
  }

  /** A member speaking. */
  from(user: UserHandle): Speaker {
    return new Speaker(this.context, this.channel, user.user);
  }

  /** The thread with this name; opened by `by` when there is none. */
  thread(
    name: string,
    { by, isPrivate = false, id }: { by?: UserHandle; isPrivate?: boolean; id?: string } = {},
  ): ChannelHandle {
    const { world } = this.context;
    const known = world.threadsOf(this.channel).find((thread) => thread.name === name);
    if (known !== undefined) return new ChannelHandle(this.context, known);
    if (this.channel.isForum) throw new SimulatorError("In a forum open a post with post().");
    const type = isPrivate ? ChannelType.PrivateThread : ChannelType.PublicThread;
    const ownerId = by?.id ?? this.channel.guild?.ownerId ?? "";
    const options = { ...(id !== undefined && { id }), name, ownerId, type };
    return new ChannelHandle(this.context, openThread(world, this.channel, options));
  }

  /** A thread that hangs from a message, whose id it has. */
  threadFrom(message: MessageRef, name: string, by: UserHandle): ChannelHandle {
    const stored = this.channel.messages.get(message.id);
    if (stored === undefined) throw new SimulatorError(`There is no message ${message.id} here.`);
    const options = { name, ownerId: by.id, type: ChannelType.PublicThread, starter: stored };
    return new ChannelHandle(this.context, openThread(this.context.world, this.channel, options));
  }

  /** A post in a forum: a thread with its first message. Tags by name. */
  async post(
    by: UserHandle,
    title: string,
    content: string,
    { tags = [], ...options }: SayOptions & { tags?: readonly string[] } = {},
  ): Promise<ChannelHandle> {
    const { world } = this.context;
    if (!this.channel.isForum) throw new SimulatorError(`#${this.name} is no forum.`);
    const appliedTags = tags.map((tag) => {
      const found = this.channel.tags.find(({ name }) => name === tag);
      if (found === undefined) throw new SimulatorError(`#${this.name} has no tag "${tag}".`);
      return found.id;
    });
    const thread = openThread(world, this.channel, {
      name: title,
      ownerId: by.id,
      type: ChannelType.PublicThread,
      appliedTags,
    });
    // The first message of a post has the id of its thread.
    await new Speaker(this.context, thread, by.user).says(content, { id: thread.id, ...options });
    return new ChannelHandle(this.context, thread);
  }

  /** The thread goes to the archive; whoever writes in it opens it again, unless it is locked. */
  archives({ locked = false }: { locked?: boolean } = {}): void {
    const { thread } = this.channel;
    if (thread === undefined) throw new SimulatorError(`#${this.name} is no thread.`);
    thread.archived = true;
    thread.locked = locked;
    thread.archivedAt = this.context.world.time;
    this.context.world.announceChannel(GatewayDispatchEvents.ThreadUpdate, this.channel);
  }

  /** A moderator deletes messages, all at once when there are several. */
  async deletes(...messages: readonly MessageRef[]): Promise<void> {
    const ids = messages.map(({ id }) => id);
    this.context.world.messages.delete(this.channel, ids, { bulk: ids.length > 1 });
  }

  /** Discord adds a preview of a link to a message: an update that is no edit. */
  unfurls(message: MessageRef, url: string): void {
    const stored = this.channel.messages.get(message.id);
    if (stored === undefined) throw new SimulatorError(`There is no message ${message.id} here.`);
    this.context.world.messages.update(this.channel, stored, {
      embeds: [{ type: EmbedType.Link, url, title: url }],
    });
  }

  /** Something that is no bot of this simulator writes through a webhook, under this name. */
  hooks(username: string, content: string): Message {
    return this.#throughWebhook(username, content);
  }

  /**
   * Somebody writes through PluralKit: the message comes once more under the name of a member of their system, by a
   * webhook, and the original is deleted. Resolves with the second; PluralKit's API knows who wrote it.
   */
  async proxies(user: UserHandle, content: string, as: string): Promise<Message> {
    const original = await this.from(user).says(content);
    const message = this.#throughWebhook(as, content);
    this.context.pluralKit.add(message, original, this.channel.guild?.id ?? "");
    this.context.world.messages.delete(this.channel, [original.id]);
    return message;
  }

  #throughWebhook(username: string, content: string): Message {
    const { world } = this.context;
    const place = this.channel.parent ?? this.channel;
    const known = [...world.webhooks.values()].find(
      ({ channel, bot }) => channel === place && bot === undefined,
    );
    const webhook = known ?? newWebhook(world.ids.next(), "Webhook", place);
    world.webhooks.set(webhook.id, webhook);
    const author = webhookAuthor(webhook, username);
    return world.messages.post(this.channel, { author, content, webhookId: webhook.id }).message;
  }

  /** A message of Discord's own, such as that somebody joined. */
  announces(user: UserHandle, type: MessageType = MessageType.UserJoin): Message {
    return this.context.world.messages.post(this.channel, { author: user.user, type }).message;
  }

  /** The channel is gone, with its threads. */
  vanishes(): void {
    const { world } = this.context;
    for (const thread of world.threadsOf(this.channel)) world.channels.delete(thread.id);
    const isThread = this.channel.thread !== undefined;
    world.announceChannel(
      isThread ? GatewayDispatchEvents.ThreadDelete : GatewayDispatchEvents.ChannelDelete,
      this.channel,
    );
    world.channels.delete(this.id);
  }
}
