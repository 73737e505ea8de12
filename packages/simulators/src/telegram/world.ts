import type { Chat, Message, Update, User } from "@grammyjs/types";
import type { Clock } from "../kit/clock.js";
import { SimulatorError } from "../kit/errors.js";
import type { Watch } from "../kit/watch.js";
import { BotAccount, type BotOptions } from "./bot.js";
import { type Author, type MemberStatus, type Right, SimChat, type StoredMessage } from "./chat.js";
import { FileStore } from "./files.js";
import type { FindUser } from "./text/html.js";
import { isVisibleTo } from "./visibility.js";

const MAX_ACCOUNTS = 10_000;
const FIRST_USER_ID = 500_001;
const FIRST_GROUP_ID = -4_001;
/** Supergroups and channels have ids below -10^12 (Bot API, "dialog ids"). */
const FIRST_SUPERGROUP_ID = -1_002_000_000_001;

/** Telegram's own account that stands as sender for an anonymous administrator. */
const ANONYMOUS_ADMIN: User = {
  id: 1087968824,
  is_bot: true,
  first_name: "Group",
  username: "GroupAnonymousBot",
};
/** The same for a channel that writes in a group. */
const CHANNEL_SENDER: User = { id: 136817688, is_bot: true, first_name: "Channel", username: "Channel_Bot" };

/** Telegram's own account that stands as sender for a channel's post in its discussion group. */
const SERVICE: User = { id: 777000, is_bot: false, first_name: "Telegram" };

/** A message before it has an id, a date and a chat. */
export type Draft = Omit<
  Message,
  "message_id" | "date" | "chat" | "from" | "sender_chat" | "reply_to_message"
>;

export interface PostOptions {
  replyTo?: StoredMessage | undefined;
  /** Forum topic; undefined: the topic of the replied message, else General. */
  thread?: number | undefined;
}

/** What a bot did that people in a chat can see. */
export interface BotMessageEvent {
  type: "sent" | "edited";
  message: Message;
  bot: BotAccount;
  /** How many states of it were shown as a draft before. */
  drafts: number;
}

/** Everything that exists on the simulated Telegram, and how messages come into being and to the bots. */
export class World {
  readonly clock: Clock;
  readonly files: FileStore;
  readonly bots = new Map<string, BotAccount>();
  readonly users = new Map<number, User>();
  readonly chats = new Map<string, SimChat>();
  readonly onBotMessage = new Set<(event: BotMessageEvent) => void>();
  readonly #watch: Watch;
  #nextUserId = FIRST_USER_ID;
  #nextGroupId = FIRST_GROUP_ID;
  #nextSupergroupId = FIRST_SUPERGROUP_ID;
  #counter = 0;

  constructor(clock: Clock, watch: Watch, localFolder?: string) {
    this.files = new FileStore(localFolder);
    this.clock = clock;
    this.#watch = watch;
  }

  /** Unix time in s. */
  get date(): number {
    return Math.floor(this.clock.now() / 1000);
  }

  /** A number that is new every time, for ids of callback queries and albums. */
  unique(): number {
    this.#counter += 1;
    return this.#counter;
  }

  readonly findUser: FindUser = (id) =>
    this.users.get(id) ?? [...this.bots.values()].find((bot) => bot.user.id === id)?.profile;

  addBot(options: BotOptions): BotAccount {
    const bot = new BotAccount(options, this.clock, () => this.changed());
    if (this.findUser(bot.user.id) !== undefined)
      throw new SimulatorError(`The id ${bot.user.id} is taken already.`);
    this.#checkName(options.username);
    this.bots.set(bot.token, bot);
    return bot;
  }

  addUser(
    name: string,
    options: { id?: number; username?: string; isBot?: boolean; languageCode?: string },
  ): User {
    this.#checkCount();
    const id = options.id ?? this.#nextUserId++;
    if (this.findUser(id) !== undefined) throw new SimulatorError(`The id ${id} is taken already.`);
    if (options.username !== undefined) this.#checkName(options.username);
    const user: User = { id, is_bot: options.isBot ?? false, first_name: name };
    if (options.username !== undefined) user.username = options.username;
    if (!user.is_bot) user.language_code = options.languageCode ?? "en";
    this.users.set(id, user);
    return user;
  }

  /** Adds a group or channel; its id comes from Telegram's range for the type unless given. */
  addChat(info: {
    type: "group" | "supergroup" | "channel";
    title: string;
    id?: number;
    username?: string;
    forum?: boolean;
  }): SimChat {
    this.#checkCount();
    const id = info.id ?? (info.type === "group" ? this.#nextGroupId-- : this.#nextSupergroupId--);
    if (this.chats.has(String(id))) throw new SimulatorError(`The chat id ${id} is taken already.`);
    if (id >= 0) throw new SimulatorError(`The id of a group or channel is negative, not ${id}.`);
    const chat = new SimChat(chatInfo(id, info));
    this.chats.set(String(id), chat);
    return chat;
  }

  /** The private chat of a bot and a person. Every bot has its own, under the person's id. */
  privateChat(bot: BotAccount, user: User): SimChat {
    const key = `${bot.user.id}:${user.id}`;
    const known = this.chats.get(key);
    if (known !== undefined) return known;
    const info: Chat.PrivateChat = { id: user.id, type: "private", first_name: user.first_name };
    if (user.username !== undefined) info.username = user.username;
    const chat = new SimChat(info, { bot, user });
    this.chats.set(key, chat);
    return chat;
  }

  /** Adds a message to a chat and gives it to the bots that may see it. */
  post(chat: SimChat, author: Author, draft: Draft, { replyTo, thread }: PostOptions = {}): StoredMessage {
    const message: Message = {
      message_id: chat.nextMessageId(),
      ...sender(chat, author),
      ...(draft.is_automatic_forward === true ? { from: SERVICE } : {}),
      chat: chat.info,
      date: this.date,
      ...draft,
    };
    const threadId = threadOf(chat, replyTo, thread);
    if (threadId !== undefined) message.message_thread_id = threadId;
    if (threadId !== undefined && chat.hasTopics) message.is_topic_message = true;
    // Inside a topic, what replies to nothing replies to the message that created the topic.
    const repliedTo =
      replyTo ?? (chat.hasTopics && threadId !== undefined ? chat.messages.get(threadId) : undefined);
    if (repliedTo !== undefined) attachReply(message, repliedTo.message);
    const stored: StoredMessage = { message, author, reactions: new Map() };
    chat.keep(stored);
    this.#deliver(chat, stored);
    this.#announce("sent", stored, author.kind === "bot" ? chat.endDraft(threadId) : 0);
    if (chat.discussion !== undefined) this.#discuss(chat, chat.discussion, stored.message, draft);
    return stored;
  }

  /** Replaces the content of a message. */
  edit(chat: SimChat, stored: StoredMessage, content: Draft): void {
    const { message } = stored;
    const kept: Message = {
      message_id: message.message_id,
      ...sender(chat, stored.author),
      chat: chat.info,
      date: message.date,
    };
    if (message.message_thread_id !== undefined) kept.message_thread_id = message.message_thread_id;
    if (message.is_topic_message !== undefined) kept.is_topic_message = message.is_topic_message;
    if (message.reply_to_message !== undefined) kept.reply_to_message = message.reply_to_message;
    stored.message = { ...kept, ...content, edit_date: this.date };
    this.#deliver(chat, stored);
    this.#announce("edited", stored);
  }

  /** Changes a membership; bots among the members learn of it as Telegram tells them. */
  setStatus(chat: SimChat, user: User, status: MemberStatus, by: User, rights?: readonly Right[]): void {
    const old = chat.member(user);
    chat.setMember(user, status, rights);
    const change = {
      chat: chat.info,
      from: by,
      date: this.date,
      old_chat_member: old,
      new_chat_member: chat.member(user),
    };
    for (const bot of this.bots.values()) {
      if (bot.user.id === user.id) bot.updates.push("my_chat_member", change);
      else if (chat.isAdmin(bot.user.id)) bot.updates.push("chat_member", change);
    }
    this.#watch.poke();
  }

  /** Waits look again. */
  changed(): void {
    this.#watch.poke();
  }

  /** A channel's post appears in the linked group by itself, whoever made it (Bot API: Message.is_automatic_forward). */
  #discuss(channel: SimChat, group: SimChat, { message_id, date }: Message, draft: Draft): void {
    if (channel.info.type !== "channel") return;
    this.post(
      group,
      { kind: "channel", channel },
      {
        ...draft,
        is_automatic_forward: true,
        forward_origin: { type: "channel", chat: channel.info, message_id, date },
      },
    );
  }

  #deliver(chat: SimChat, stored: StoredMessage): void {
    const kind = updateKind(stored.message);
    for (const bot of this.bots.values()) {
      if (isVisibleTo(bot, chat, stored)) bot.updates.push(kind, stored.message);
    }
  }

  #announce(type: BotMessageEvent["type"], { author, message }: StoredMessage, drafts = 0): void {
    if (author.kind === "bot")
      for (const listener of this.onBotMessage) listener({ type, message, bot: author.bot, drafts });
    this.#watch.poke();
  }

  #checkCount(): void {
    if (this.users.size + this.chats.size >= MAX_ACCOUNTS) {
      throw new SimulatorError(`The simulator keeps at most ${MAX_ACCOUNTS} users and chats.`);
    }
  }

  #checkName(username: string): void {
    const taken = [...this.bots.values(), ...[...this.users.values()].map((user) => ({ user }))].some(
      ({ user }) => user.username?.toLowerCase() === username.toLowerCase(),
    );
    if (taken) throw new SimulatorError(`The username ${username} is taken already.`);
  }
}

function chatInfo(
  id: number,
  info: { type: "group" | "supergroup" | "channel"; title: string; username?: string; forum?: boolean },
): Chat {
  const { type, title, username } = info;
  if (type === "group") return { id, type, title };
  const named = username === undefined ? {} : { username };
  if (type === "channel") return { id, type, title, ...named };
  return { id, type, title, ...named, ...(info.forum === true ? { is_forum: true } : {}) };
}

function sender(chat: SimChat, author: Author): Pick<Message, "from" | "sender_chat" | "author_signature"> {
  const signature =
    "signature" in author && author.signature !== undefined ? { author_signature: author.signature } : {};
  if (chat.info.type === "channel") return { sender_chat: chat.info, ...signature };
  switch (author.kind) {
    case "user":
      return { from: author.user };
    case "bot":
      return { from: author.bot.profile };
    case "anonymous":
      return { from: ANONYMOUS_ADMIN, sender_chat: chat.info, ...signature };
    case "channel":
      return { from: CHANNEL_SENDER, sender_chat: author.channel.info, ...signature };
  }
}

/** In forums the topic; in other supergroups replies carry the id of the message at the root of their thread. */
function threadOf(
  chat: SimChat,
  replyTo: StoredMessage | undefined,
  thread: number | undefined,
): number | undefined {
  if (chat.hasTopics) return thread ?? replyTo?.message.message_thread_id;
  if (chat.info.type !== "supergroup" || replyTo === undefined) return undefined;
  return replyTo.message.message_thread_id ?? replyTo.message.message_id;
}

function attachReply(message: Message, repliedTo: Message): void {
  const { reply_to_message: _, ...shallow } = repliedTo;
  if (isShallow(shallow)) message.reply_to_message = shallow;
}

function isShallow(message: Message): message is NonNullable<Message["reply_to_message"]> {
  return message.reply_to_message === undefined;
}

function updateKind(message: Message): Exclude<keyof Update, "update_id"> {
  const isEdit = message.edit_date !== undefined;
  if (message.chat.type === "channel") return isEdit ? "edited_channel_post" : "channel_post";
  return isEdit ? "edited_message" : "message";
}
