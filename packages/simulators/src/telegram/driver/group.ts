import type { User } from "@grammyjs/types";
import { SimulatorError } from "../../kit/errors.js";
import type { MemberStatus, Right, SimChat, Topic } from "../chat.js";
import type { BotHandle } from "./bot.js";
import type { ChannelHandle } from "./channel.js";
import type { DriverContext } from "./context.js";
import { Conversation } from "./conversation.js";
import { Speaker } from "./speaker.js";
import type { UserHandle } from "./user.js";

/** Somebody with a `User`: a person or a bot. */
export type Somebody = UserHandle | BotHandle;

export interface GroupOptions {
  /** Negative. Default: the next free one of Telegram's range for the type. */
  id?: number;
  members?: readonly UserHandle[];
  /** Bots that are members. Default: all that exist. */
  bots?: readonly BotHandle[];
  /** Default: false, a basic group. */
  supergroup?: boolean;
  /** With topics; then it is a supergroup. */
  forum?: boolean;
  /** Of a public supergroup. */
  username?: string;
}

/** A group or supergroup. */
export class GroupHandle extends Conversation {
  /** The handle's chat, for the simulator's own use. */
  readonly state: SimChat;

  constructor(context: DriverContext, chat: SimChat) {
    super(context, chat);
    this.state = chat;
  }

  get title(): string {
    return this.chat.title;
  }

  /** A member speaking. */
  from(user: UserHandle): Speaker {
    return new Speaker(this.context, this.chat, { kind: "user", user: user.user });
  }

  /** An administrator who stays anonymous: the group itself is the sender. */
  fromAnonymousAdmin(signature?: string): Speaker {
    return new Speaker(this.context, this.chat, {
      kind: "anonymous",
      ...(signature === undefined ? {} : { signature }),
    });
  }

  /** Somebody who writes in the name of a channel. */
  fromChannel(channel: ChannelHandle): Speaker {
    return new Speaker(this.context, this.chat, { kind: "channel", channel: channel.state });
  }

  /** The forum topic with this name; made, with its service message, when there is none. */
  topic(name: string): TopicHandle {
    this.#needsTopics();
    const known = [...this.chat.topics.values()].find((topic) => topic.name === name);
    return new TopicHandle(this.context, this.chat, known ?? this.#createTopic(name));
  }

  /**
   * The forum topic with this id; made when there is none. An id counts up with the group's messages: one that has
   * gone by cannot be given any more.
   */
  topicWithId(id: number): TopicHandle {
    this.#needsTopics();
    const known = this.chat.topics.get(id);
    if (known === undefined) this.chat.skipTo(id);
    return new TopicHandle(this.context, this.chat, known ?? this.#createTopic(`Topic ${id}`));
  }

  /** The supergroup becomes a forum: what was said before is in its General topic. */
  opensTopics(): void {
    const { info } = this.chat;
    if (info.type !== "supergroup")
      throw new SimulatorError(`"${this.title}" is no supergroup, and only those have topics.`);
    info.is_forum = true;
  }

  /** Somebody joins: a service message, and `my_chat_member` for a bot. */
  adds(member: Somebody): void {
    const by = this.#administrator();
    this.context.world.setStatus(this.chat, member.user, "member", by);
    this.context.world.post(this.chat, { kind: "user", user: by }, { new_chat_members: [member.user] });
  }

  /** Somebody leaves, or with `ban` is thrown out. A bot then cannot write any more. */
  removes(member: Somebody, { ban = false }: { ban?: boolean } = {}): void {
    const by = this.#administrator();
    this.context.world.setStatus(this.chat, member.user, ban ? "kicked" : "left", by);
    this.context.world.post(this.chat, { kind: "user", user: by }, { left_chat_member: member.user });
  }

  kicks(member: Somebody): void {
    this.removes(member, { ban: true });
  }

  /** @param rights those that the administrator has. Default: all */
  promotes(member: Somebody, rights?: readonly Right[]): void {
    this.#set(member, "administrator", rights);
  }

  demotes(member: Somebody): void {
    this.#set(member, "member");
  }

  /** The basic group becomes a supergroup with another id: both chats say so, and the old id is refused from now on. */
  migrates(): GroupHandle {
    if (this.chat.info.type !== "group") throw new SimulatorError(`"${this.title}" is a supergroup already.`);
    const { world } = this.context;
    const next = world.addChat({ type: "supergroup", title: this.title });
    for (const { user, status } of this.chat.members.values()) next.setMember(user, status);
    const author = { kind: "user" as const, user: this.#administrator() };
    world.post(this.chat, author, { migrate_to_chat_id: next.id });
    this.chat.migratedTo = next.id;
    world.post(next, { kind: "anonymous" }, { migrate_from_chat_id: this.chat.id });
    return new GroupHandle(this.context, next);
  }

  #set(member: Somebody, status: MemberStatus, rights?: readonly Right[]): void {
    if (!this.chat.isMember(member.user.id))
      throw new SimulatorError(`${member.user.first_name} is not a member.`);
    this.context.world.setStatus(this.chat, member.user, status, this.#administrator(), rights);
  }

  #needsTopics(): void {
    if (!this.chat.isForum)
      throw new SimulatorError(`"${this.title}" has no topics; make it with forum: true.`);
  }

  #createTopic(name: string): Topic {
    const author = { kind: "user" as const, user: this.#administrator() };
    const { message } = this.context.world.post(
      this.chat,
      author,
      {
        forum_topic_created: { name, icon_color: 0x6fb9f0 },
      },
      { thread: this.chat.peekMessageId() },
    );
    const topic = { id: message.message_id, name, closed: false };
    this.chat.topics.set(topic.id, topic);
    return topic;
  }

  /** Whoever acts when nobody is named: the first person in the group. */
  #administrator(): User {
    const first = [...this.chat.members.values()].find(({ user }) => !user.is_bot);
    return first?.user ?? { id: 1, is_bot: false, first_name: "Owner" };
  }
}

/** A topic of a forum. */
export class TopicHandle extends Conversation {
  readonly #topic: Topic;

  constructor(context: DriverContext, chat: SimChat, topic: Topic) {
    super(context, chat, topic.id);
    this.#topic = topic;
  }

  /** `message_thread_id` */
  get threadId(): number {
    return this.#topic.id;
  }

  from(user: UserHandle): Speaker {
    return new Speaker(this.context, this.chat, { kind: "user", user: user.user }, this.#topic.id);
  }

  /** Only administrators can write here until it opens again. */
  closes(by: UserHandle): void {
    this.#topic.closed = true;
    this.context.world.post(
      this.chat,
      { kind: "user", user: by.user },
      { forum_topic_closed: {} },
      { thread: this.threadId },
    );
  }

  reopens(by: UserHandle): void {
    this.#topic.closed = false;
    this.context.world.post(
      this.chat,
      { kind: "user", user: by.user },
      { forum_topic_reopened: {} },
      { thread: this.threadId },
    );
  }

  /** The topic is gone, with its messages. */
  deletes(): void {
    for (const message of this.messages()) this.chat.remove(message.message_id);
    this.chat.topics.delete(this.threadId);
    this.context.world.changed();
  }
}
