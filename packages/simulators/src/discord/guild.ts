import type { APIEmoji, APIRole, APISticker, APIUser } from "discord-api-types/v10";
import { SimulatorError } from "../kit/errors.js";
import { DEFAULT_PERMISSIONS } from "./permissions.js";

const NO_FLAGS: number = 0;

export interface Member {
  user: APIUser;
  nick: string | null;
  /** Ids, without that of everybody. */
  roles: string[];
  joinedAt: string;
  timedOutUntil: string | null;
}

export interface VoiceState {
  /** Null: the member has just left. */
  channelId: string | null;
  userId: string;
  sessionId: string;
  mute: boolean;
  deaf: boolean;
}

export interface ScheduledEvent {
  id: string;
  name: string;
  description: string | null;
  channelId: string | null;
  location: string | undefined;
  creatorId: string;
  start: string;
  end: string | null;
  status: number;
  entityType: number;
  interested: Set<string>;
}

export interface RoleOptions {
  permissions?: bigint;
  mentionable?: boolean;
  /** The role that belongs to this bot. */
  botId?: string;
}

/** A server: who is in it, and what they may do. */
export class Guild {
  readonly id: string;
  name: string;
  readonly ownerId: string;
  readonly roles = new Map<string, APIRole>();
  readonly members = new Map<string, Member>();
  readonly emojis = new Map<string, APIEmoji>();
  readonly stickers = new Map<string, APISticker>();
  readonly voice = new Map<string, VoiceState>();
  readonly events = new Map<string, ScheduledEvent>();
  /** Reasons by user id. */
  readonly bans = new Map<string, string | null>();
  /** When the search index is ready; before, a search answers that it is not. */
  searchableAt = 0;

  constructor(id: string, name: string, ownerId: string) {
    this.id = id;
    this.name = name;
    this.ownerId = ownerId;
    this.addRole(id, "@everyone", { permissions: DEFAULT_PERMISSIONS });
  }

  addRole(id: string, name: string, { permissions = 0n, mentionable = false, botId }: RoleOptions): APIRole {
    const role: APIRole = {
      id,
      name,
      color: 0,
      colors: { primary_color: 0, secondary_color: null, tertiary_color: null },
      hoist: false,
      icon: null,
      unicode_emoji: null,
      position: this.roles.size,
      permissions: String(permissions),
      managed: botId !== undefined,
      mentionable,
      flags: NO_FLAGS,
      ...(botId !== undefined && { tags: { bot_id: botId } }),
    };
    this.roles.set(id, role);
    return role;
  }

  /** Everybody's role and the member's own. */
  rolesOf(member: Member): APIRole[] {
    return [this.id, ...member.roles].flatMap((id) => this.roles.get(id) ?? []);
  }

  /** The highest position among the member's roles; the owner stands above all. */
  rank(member: Member): number {
    if (member.user.id === this.ownerId) return Number.POSITIVE_INFINITY;
    return Math.max(...this.rolesOf(member).map(({ position }) => position));
  }

  /** @throws SimulatorError when the user is no member */
  member(userId: string): Member {
    const member = this.members.get(userId);
    if (member === undefined)
      throw new SimulatorError(`The user ${userId} is not a member of "${this.name}".`);
    return member;
  }
}
