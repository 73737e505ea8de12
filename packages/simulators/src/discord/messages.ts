import {
  type APIUser,
  GatewayDispatchEvents as E,
  GatewayIntentBits,
  MessageFlags,
  MessageType,
} from "discord-api-types/v10";
import { canSee, permissionsIn } from "./access.js";
import type { Channel } from "./channel.js";
import { type Draft, type Edit, forwardFields, guildId, replyFields } from "./draft.js";
import type { GatewaySession } from "./gateway/session.js";
import type { Guild } from "./guild.js";
import { mentionsIn } from "./mentions.js";
import { type Emoji, emojiKey, type Message, type Reaction, type StoredMessage, viewOf } from "./message.js";
import { channelPayload, fullMemberPayload, memberPayload } from "./render.js";
import { timeOf } from "./snowflake.js";
import type { BotMessageEvent, World } from "./world.js";

/** How messages come into being, change and go, and how bots learn of it. */
export class Messages {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  canSee(channel: Channel, userId: string): boolean {
    return canSee(channel, userId, this.#world.clock.now());
  }

  post(channel: Channel, draft: Draft): StoredMessage {
    const world = this.#world;
    const content = draft.content ?? "";
    const mentions = this.#mentions(channel, content, draft);
    const message: Message = {
      id: draft.id ?? world.ids.next(),
      channel_id: channel.id,
      type: draft.type ?? (draft.replyTo === undefined ? MessageType.Default : MessageType.Reply),
      author: draft.author,
      content,
      timestamp: world.time,
      edited_timestamp: null,
      tts: draft.tts ?? false,
      mention_everyone: mentions.everyone,
      mentions: mentions.users,
      mention_roles: mentions.roles,
      attachments: [...(draft.attachments ?? [])],
      embeds: [...(draft.embeds ?? [])],
      components: [...(draft.components ?? [])],
      pinned: false,
      flags: draft.flags ?? 0,
      ...(draft.nonce !== undefined && { nonce: draft.nonce }),
      ...(draft.stickers !== undefined && { sticker_items: [...draft.stickers] }),
      ...(draft.poll !== undefined && { poll: draft.poll }),
      ...(draft.webhookId !== undefined && { webhook_id: draft.webhookId }),
      ...(draft.bot !== undefined && draft.webhookId !== undefined && { application_id: draft.bot.id }),
      ...(channel.thread !== undefined && { position: channel.thread.totalSent }),
      ...replyFields(channel, draft.replyTo),
      ...forwardFields(draft.forward),
      ...draft.more,
    };
    const stored: StoredMessage = {
      message,
      reactions: new Map(),
      votes: new Map(),
      ...(draft.bot !== undefined && { bot: draft.bot }),
      ...(draft.ephemeralFor !== undefined && { ephemeralFor: draft.ephemeralFor }),
      ...(((draft.flags ?? 0) & MessageFlags.Loading) !== 0 && { loading: true }),
    };
    channel.keep(stored);
    if (draft.bot !== undefined) channel.unheard.push(stored);
    if (draft.ephemeralFor === undefined) {
      this.#joinThread(channel, draft.author.id);
      this.#announce(E.MessageCreate, channel, stored);
    }
    this.#tell("sent", stored);
    return stored;
  }

  edit(channel: Channel, stored: StoredMessage, edit: Edit): void {
    const { message } = stored;
    const content = edit.content ?? message.content;
    const draft = { author: message.author, allowedMentions: edit.allowedMentions };
    const mentions = this.#mentions(channel, content, draft);
    stored.message = {
      ...message,
      content,
      mentions: mentions.users,
      mention_roles: mentions.roles,
      ...(edit.embeds !== undefined && { embeds: [...edit.embeds] }),
      ...(edit.components !== undefined && { components: [...edit.components] }),
      ...(edit.attachments !== undefined && { attachments: [...edit.attachments] }),
      ...(edit.flags !== undefined && { flags: edit.flags }),
      edited_timestamp: this.#world.time,
    };
    if (stored.ephemeralFor === undefined) this.#announce(E.MessageUpdate, channel, stored);
    this.#tell("edited", stored);
  }

  /** Something about the message changed that is no edit: a pin, an embed that Discord made of a link. */
  update(channel: Channel, stored: StoredMessage, change: Partial<Message>): void {
    stored.message = { ...stored.message, ...change };
    this.#announce(E.MessageUpdate, channel, stored);
    this.#world.changed();
  }

  delete(channel: Channel, ids: readonly string[], { bulk = false }: { bulk?: boolean } = {}): void {
    for (const id of ids) channel.remove(id);
    const place = { channel_id: channel.id, ...guildId(channel) };
    if (bulk)
      this.#world.dispatcher.emit({ event: E.MessageDeleteBulk, channel, data: () => ({ ids, ...place }) });
    else
      for (const id of ids)
        this.#world.dispatcher.emit({ event: E.MessageDelete, channel, data: () => ({ id, ...place }) });
    this.#world.changed();
  }

  /** What somebody wrote in a server within the last seconds goes with a ban. */
  deleteRecent(guild: Guild, userId: string, seconds: number): void {
    const since = this.#world.clock.now() - seconds * 1000;
    for (const channel of this.#world.channelsOf(guild)) {
      const ids = [...channel.messages.values()]
        .filter(({ message }) => message.author.id === userId && timeOf(message.id) >= since)
        .map(({ message }) => message.id);
      if (ids.length > 0) this.delete(channel, ids, { bulk: ids.length > 1 });
    }
  }

  /** @returns false when the reaction was there already */
  react(channel: Channel, stored: StoredMessage, user: APIUser, emoji: Emoji): boolean {
    const key = emojiKey(emoji);
    const reaction: Reaction = stored.reactions.get(key) ?? { emoji, users: new Set() };
    if (reaction.users.has(user.id)) return false;
    reaction.users.add(user.id);
    stored.reactions.set(key, reaction);
    const member = channel.guild?.members.get(user.id);
    this.#world.dispatcher.emit({
      event: E.MessageReactionAdd,
      channel,
      data: () => ({
        ...this.#reactionPayload(channel, stored, emoji),
        user_id: user.id,
        message_author_id: stored.message.author.id,
        ...(member !== undefined && { member: fullMemberPayload(member) }),
      }),
    });
    this.#world.changed();
    return true;
  }

  /** @returns false when there was no such reaction */
  unreact(channel: Channel, stored: StoredMessage, userId: string, emoji: Emoji): boolean {
    const key = emojiKey(emoji);
    const reaction = stored.reactions.get(key);
    if (reaction?.users.delete(userId) !== true) return false;
    if (reaction.users.size === 0) stored.reactions.delete(key);
    this.#world.dispatcher.emit({
      event: E.MessageReactionRemove,
      channel,
      data: () => ({ ...this.#reactionPayload(channel, stored, emoji), user_id: userId }),
    });
    this.#world.changed();
    return true;
  }

  /** @param emoji undefined: of every emoji */
  clearReactions(channel: Channel, stored: StoredMessage, emoji?: Emoji): void {
    const place = { channel_id: channel.id, message_id: stored.message.id, ...guildId(channel) };
    if (emoji === undefined) stored.reactions.clear();
    else stored.reactions.delete(emojiKey(emoji));
    this.#world.dispatcher.emit({
      event: emoji === undefined ? E.MessageReactionRemoveAll : E.MessageReactionRemoveEmoji,
      channel,
      data: () => ({ ...place, ...(emoji !== undefined && { emoji }) }),
    });
    this.#world.changed();
  }

  type(channel: Channel, user: APIUser): void {
    channel.types(user.id, this.#world.clock.now());
    const member = channel.guild?.members.get(user.id);
    this.#world.dispatcher.emit({
      event: E.TypingStart,
      channel,
      data: () => ({
        channel_id: channel.id,
        user_id: user.id,
        timestamp: Math.floor(this.#world.clock.now() / 1000),
        ...guildId(channel),
        ...(member !== undefined && { member: fullMemberPayload(member) }),
      }),
    });
    this.#world.changed();
  }

  /** The message as a session gets it. */
  forSession(channel: Channel, stored: StoredMessage, session: GatewaySession): object {
    const readsContent = channel.isDm || session.has(GatewayIntentBits.MessageContent);
    const view = viewOf(stored, { id: session.bot.id, readsContent }, this.#world.cdn);
    const { nonce } = stored.message;
    const member = channel.guild?.members.get(view.author.id);
    const mentions = view.mentions.map((user) => {
      const mentioned = channel.guild?.members.get(user.id);
      return mentioned === undefined ? user : { ...user, member: memberPayload(mentioned) };
    });
    return {
      ...view,
      mentions,
      ...(nonce !== undefined && { nonce }),
      channel_type: channel.type,
      ...guildId(channel),
      ...(member !== undefined && view.webhook_id === undefined && { member: memberPayload(member) }),
    };
  }

  #announce(event: E, channel: Channel, stored: StoredMessage): void {
    this.#world.dispatcher.emit({
      event,
      channel,
      data: (session) => this.forSession(channel, stored, session),
    });
  }

  #tell(type: BotMessageEvent["type"], stored: StoredMessage): void {
    const { bot } = stored;
    if (bot !== undefined) for (const listener of this.#world.onBotMessage) listener({ type, stored, bot });
    this.#world.changed();
  }

  #mentions(
    channel: Channel,
    content: string,
    { author, allowedMentions, replyTo }: Pick<Draft, "author" | "allowedMentions" | "replyTo">,
  ) {
    const bits = permissionsIn(channel, author.id, this.#world.clock.now());
    const found = mentionsIn(content, channel, bits, allowedMentions, (id) => this.#world.users.get(id));
    const replied = replyTo?.message.author;
    // A reply mentions whom it answers, unless the writer switched that off.
    const pings = allowedMentions === undefined || allowedMentions.replied_user === true;
    if (
      replied !== undefined &&
      pings &&
      replied.id !== author.id &&
      !found.users.some(({ id }) => id === replied.id)
    )
      found.users.push(replied);
    return found;
  }

  /** Whoever writes in a thread is in it from then on, and an archived one opens again. */
  #joinThread(channel: Channel, userId: string): void {
    const { thread } = channel;
    if (thread === undefined) return;
    thread.totalSent += 1;
    if (channel.guild?.members.has(userId))
      thread.members.set(userId, thread.members.get(userId) ?? this.#world.time);
    if (!thread.archived || thread.locked) return;
    thread.archived = false;
    this.#world.dispatcher.emit({
      event: E.ThreadUpdate,
      channel,
      data: ({ bot }) => channelPayload(channel, bot.id),
    });
  }

  #reactionPayload(channel: Channel, { message }: StoredMessage, emoji: Emoji): object {
    return {
      channel_id: channel.id,
      message_id: message.id,
      emoji,
      burst: false,
      type: 0,
      ...guildId(channel),
    };
  }
}
