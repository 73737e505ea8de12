import { type APIGuildForumTag, type APIOverwrite, type APIUser, ChannelType } from "discord-api-types/v10";
import type { Guild } from "./guild.js";
import type { StoredMessage } from "./message.js";
import { byId } from "./snowflake.js";

const KEPT_MESSAGES = 10_000;
const KEPT_TYPING = 200;

/** What only threads have. */
export interface ThreadState {
  ownerId: string;
  archived: boolean;
  locked: boolean;
  /** In minutes. */
  autoArchive: number;
  archivedAt: string;
  createdAt: string;
  invitable: boolean;
  appliedTags: string[];
  /** Join times by user id. */
  members: Map<string, string>;
  totalSent: number;
}

export interface Typing {
  userId: string;
  /** ms of the clock */
  at: number;
  /** A message came since. */
  over: boolean;
}

export interface ChannelInfo {
  id: string;
  type: ChannelType;
  name?: string;
  guild?: Guild;
  /** The category, or what a thread hangs from. */
  parent?: Channel;
  topic?: string | null;
  position?: number;
  /** The two of a private chat. */
  recipients?: readonly APIUser[];
  thread?: ThreadState;
}

/** A channel, thread or private chat. */
export class Channel {
  readonly id: string;
  readonly type: ChannelType;
  readonly guild: Guild | undefined;
  /** For a thread: the channel it hangs from. */
  readonly parent: Channel | undefined;
  category: Channel | undefined;
  readonly recipients: readonly APIUser[];
  readonly thread: ThreadState | undefined;
  name: string;
  topic: string | null;
  position: number;
  nsfw = false;
  rateLimitPerUser = 0;
  overwrites: APIOverwrite[] = [];
  /** Of a forum. */
  tags: APIGuildForumTag[] = [];
  /** A bot may not write to this person any more. */
  closedTo = new Set<string>();
  readonly messages = new Map<string, StoredMessage>();
  /** Bots' messages that `hears` has not given yet. */
  readonly unheard: StoredMessage[] = [];
  /** When each was pinned, by message id, oldest first. */
  readonly pins = new Map<string, string>();
  readonly typing: Typing[] = [];
  lastMessageId: string | null = null;

  constructor(info: ChannelInfo) {
    this.id = info.id;
    this.type = info.type;
    this.guild = info.guild;
    this.parent = info.thread === undefined ? undefined : info.parent;
    this.category = info.thread === undefined ? info.parent : undefined;
    this.recipients = info.recipients ?? [];
    this.thread = info.thread;
    this.name = info.name ?? "";
    this.topic = info.topic ?? null;
    this.position = info.position ?? 0;
  }

  get isDm(): boolean {
    return this.type === ChannelType.DM;
  }

  /** Forums hold threads only. */
  get isForum(): boolean {
    return this.type === ChannelType.GuildForum || this.type === ChannelType.GuildMedia;
  }

  get holdsMessages(): boolean {
    return !this.isForum && this.type !== ChannelType.GuildCategory;
  }

  keep(stored: StoredMessage): void {
    this.messages.set(stored.message.id, stored);
    this.lastMessageId = stored.message.id;
    for (const typing of this.typing) typing.over ||= typing.userId === stored.message.author.id;
    const oldest = this.messages.keys().next().value;
    if (this.messages.size > KEPT_MESSAGES && oldest !== undefined) this.messages.delete(oldest);
  }

  remove(id: string): void {
    this.messages.delete(id);
    this.pins.delete(id);
    const unheard = this.unheard.findIndex(({ message }) => message.id === id);
    if (unheard >= 0) this.unheard.splice(unheard, 1);
  }

  types(userId: string, at: number): void {
    this.typing.push({ userId, at, over: false });
    if (this.typing.length > KEPT_TYPING) this.typing.shift();
  }

  /** Newest first. */
  newest(): StoredMessage[] {
    return [...this.messages.values()].sort((a, b) => byId(b.message.id, a.message.id));
  }
}
