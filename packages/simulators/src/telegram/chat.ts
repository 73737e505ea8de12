import type { Chat, ChatMember, Message, ReactionType, User } from "@grammyjs/types";
import { SimulatorError } from "../kit/errors.js";
import type { BotAccount } from "./bot.js";
import { isService } from "./visibility.js";

const KEPT_MESSAGES = 1_000;
const KEPT_ACTIONS = 200;

export type MemberStatus = "creator" | "administrator" | "member" | "left" | "kicked";

/** What administrators may be allowed one by one (Bot API: ChatAdministratorRights). */
export type Right =
  | "can_manage_chat"
  | "can_delete_messages"
  | "can_manage_video_chats"
  | "can_restrict_members"
  | "can_change_info"
  | "can_invite_users"
  | "can_post_messages"
  | "can_edit_messages"
  | "can_pin_messages"
  | "can_manage_topics";

/** What an administrator has unless somebody says otherwise. */
const RIGHTS: readonly Right[] = [
  "can_manage_chat",
  "can_delete_messages",
  "can_manage_video_chats",
  "can_restrict_members",
  "can_change_info",
  "can_invite_users",
  "can_post_messages",
  "can_edit_messages",
  "can_pin_messages",
  "can_manage_topics",
];

export interface Topic {
  /** Also the id of the service message that created it. */
  id: number;
  name: string;
  closed: boolean;
  /** Id of the bot that made it. */
  creator?: number;
}

/** A draft is shown this long (Bot API, sendMessageDraft). */
const DRAFT_SHOWN_MS = 30_000;

/** What a bot shows of an answer that it is still writing. */
export interface ShownDraft {
  id: number;
  text: string;
  entities: NonNullable<Message["entities"]>;
  thread: number | undefined;
  /** ms of the clock. */
  at: number;
}

/** Who wrote a message: a person (or a bot that is only scenery), a bot account, or a chat. */
export type Author =
  | { kind: "user"; user: User }
  | { kind: "bot"; bot: BotAccount }
  /** An administrator who writes in the group's name. */
  | { kind: "anonymous"; signature?: string }
  | { kind: "channel"; channel: SimChat; signature?: string };

export interface StoredMessage {
  message: Message;
  author: Author;
  /** By the id of the user or bot who reacted. */
  reactions: Map<number, ReactionType[]>;
}

export interface ChatAction {
  bot: BotAccount;
  action: string;
  thread: number | undefined;
  /** ms of the clock. */
  at: number;
  /** The bot has said something there since; what it says ends the action. */
  over: boolean;
}

interface Member {
  user: User;
  status: MemberStatus;
  rights: readonly Right[];
}

/** A chat with its members, topics and latest messages. */
export class SimChat {
  readonly info: Chat;
  /** The two sides of a private chat. */
  readonly peers: { bot: BotAccount; user: User } | undefined;
  readonly members = new Map<number, Member>();
  readonly topics = new Map<number, Topic>();
  /** Ids of pinned messages. */
  readonly pinned = new Set<number>();
  readonly messages = new Map<number, StoredMessage>();
  /** What bots sent and nobody heard yet. */
  readonly unheard: StoredMessage[] = [];
  readonly actions: ChatAction[] = [];
  /** Telegram shows no drafts here. */
  refusesDrafts = false;
  /** By topic: the newest state, and how many there were. */
  readonly #drafts = new Map<number | undefined, { readonly shown: ShownDraft; readonly states: number }>();
  /** For a channel: the group in which its posts are discussed. */
  discussion: SimChat | undefined;
  /** For a basic group that became a supergroup. */
  migratedTo: number | undefined;
  /** For private chats: the person wrote to the bot at least once, and has not blocked it. */
  started = false;
  blocked = false;
  /** The bot that sent the last bot message here; commands without a name go to it. */
  lastBot: number | undefined;
  #nextMessageId: number;

  constructor(info: Chat, peers?: { bot: BotAccount; user: User }) {
    this.info = info;
    this.peers = peers;
    // The first message of a supergroup is the one that created it; in forums, topic 1 is General.
    this.#nextMessageId = info.type === "supergroup" ? 2 : 1;
  }

  get id(): number {
    return this.info.id;
  }

  get isForum(): boolean {
    return this.info.type === "supergroup" && this.info.is_forum === true;
  }

  /** Messages may stand in topics: a forum, or a private chat in which somebody opened one (Bot API: User.has_topics_enabled). */
  get hasTopics(): boolean {
    return this.isForum || (this.info.type === "private" && this.topics.size > 0);
  }

  /** For texts of errors. */
  get title(): string {
    return this.info.type === "private" ? this.info.first_name : this.info.title;
  }

  /** The id that the next message will have. */
  peekMessageId(): number {
    return this.#nextMessageId;
  }

  /** The next message has this id. */
  skipTo(messageId: number): void {
    if (messageId < this.#nextMessageId)
      throw new SimulatorError(
        `"${this.title}" has no topic ${messageId}, and message ${messageId} has gone by; the next one is ${this.#nextMessageId}.`,
      );
    this.#nextMessageId = messageId;
  }

  nextMessageId(): number {
    return this.#nextMessageId++;
  }

  keep(stored: StoredMessage): void {
    this.messages.set(stored.message.message_id, stored);
    trim(this.messages);
    if (stored.author.kind === "bot") {
      const { bot } = stored.author;
      this.lastBot = bot.user.id;
      for (const action of this.actions) {
        if (action.bot === bot && action.thread === stored.message.message_thread_id) action.over = true;
      }
      if (!isService(stored)) this.unheard.push(stored);
      if (this.unheard.length > KEPT_MESSAGES) this.unheard.shift();
    }
  }

  remove(messageId: number): void {
    this.messages.delete(messageId);
    this.pinned.delete(messageId);
    const index = this.unheard.findIndex((stored) => stored.message.message_id === messageId);
    if (index >= 0) this.unheard.splice(index, 1);
  }

  showDraft(shown: ShownDraft): void {
    const states = (this.#drafts.get(shown.thread)?.states ?? 0) + 1;
    this.#drafts.set(shown.thread, { shown, states });
  }

  /** The draft that is shown in a topic, or outside of any, at this time, in ms of the clock. */
  draftAt(now: number, thread: number | undefined): ShownDraft | undefined {
    const shown = this.#drafts.get(thread)?.shown;
    return shown !== undefined && now - shown.at < DRAFT_SHOWN_MS ? shown : undefined;
  }

  /** A bot's message takes the place of its draft in the same topic. @returns how many states of it were shown before */
  endDraft(thread: number | undefined): number {
    const states = this.#drafts.get(thread)?.states ?? 0;
    this.#drafts.delete(thread);
    return states;
  }

  act(action: ChatAction): void {
    this.actions.push(action);
    if (this.actions.length > KEPT_ACTIONS) this.actions.shift();
  }

  status(userId: number): MemberStatus | undefined {
    return this.members.get(userId)?.status;
  }

  isMember(userId: number): boolean {
    const status = this.status(userId);
    return status !== undefined && status !== "left" && status !== "kicked";
  }

  isAdmin(userId: number): boolean {
    const status = this.status(userId);
    return status === "creator" || status === "administrator";
  }

  /** Whether somebody has a right of administrators; a group's creator has all. */
  can(userId: number, right: Right): boolean {
    const member = this.members.get(userId);
    if (member?.status === "creator") return true;
    return member?.status === "administrator" && member.rights.includes(right);
  }

  /** @param rights of an administrator; default: all */
  setMember(user: User, status: MemberStatus, rights: readonly Right[] = RIGHTS): void {
    this.members.set(user.id, { user, status, rights });
  }

  /** As getChatMember and `my_chat_member` show it. */
  member(user: User): ChatMember {
    const status = this.status(user.id) ?? "left";
    switch (status) {
      case "creator":
        return { status, user, is_anonymous: false };
      case "administrator":
        return administrator(user, this.info.type === "channel", (right) => this.can(user.id, right));
      case "kicked":
        return { status, user, until_date: 0 };
      default:
        return { status, user };
    }
  }
}

function administrator(user: User, inChannel: boolean, can: (right: Right) => boolean): ChatMember {
  return {
    status: "administrator",
    user,
    can_be_edited: false,
    is_anonymous: false,
    can_manage_chat: can("can_manage_chat"),
    can_delete_messages: can("can_delete_messages"),
    can_manage_video_chats: can("can_manage_video_chats"),
    can_restrict_members: can("can_restrict_members"),
    can_promote_members: false,
    can_change_info: can("can_change_info"),
    can_invite_users: can("can_invite_users"),
    can_post_stories: false,
    can_edit_stories: false,
    can_delete_stories: false,
    can_send_welcome_messages: false,
    ...(inChannel
      ? { can_post_messages: can("can_post_messages"), can_edit_messages: can("can_edit_messages") }
      : { can_pin_messages: can("can_pin_messages"), can_manage_topics: can("can_manage_topics") }),
  };
}

function trim(messages: Map<number, StoredMessage>): void {
  const oldest = messages.keys().next().value;
  if (messages.size > KEPT_MESSAGES && oldest !== undefined) messages.delete(oldest);
}
