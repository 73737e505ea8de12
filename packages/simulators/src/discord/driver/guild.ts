import {
  type APIRole,
  type APISticker,
  ChannelType,
  GatewayDispatchEvents,
  OverwriteType,
  StickerFormatType,
  StickerType,
} from "discord-api-types/v10";
import { SimulatorError } from "../../kit/errors.js";
import type { Channel } from "../channel.js";
import type { Guild } from "../guild.js";
import { fullMemberPayload, voicePayload } from "../render.js";
import { timestamp } from "../world.js";
import type { BotHandle } from "./bot.js";
import { ChannelHandle } from "./channel.js";
import type { DriverContext } from "./context.js";
import type { UserHandle } from "./user.js";

/** A person or a bot. */
export type Somebody = UserHandle | BotHandle;

export interface GuildOptions {
  /** Default: the next free one. */
  id?: string;
  /** The first is the owner. */
  members?: readonly UserHandle[];
  /** Default: all that exist. */
  bots?: readonly BotHandle[];
}

export interface ChannelOptions {
  id?: string;
  topic?: string;
  /** Only these see it, beside the owner. Default: everybody. */
  onlyFor?: readonly (Somebody | APIRole)[];
}

/** A server. */
export class GuildHandle {
  readonly guild: Guild;
  readonly #context: DriverContext;

  constructor(context: DriverContext, guild: Guild) {
    this.#context = context;
    this.guild = guild;
  }

  get id(): string {
    return this.guild.id;
  }

  get name(): string {
    return this.guild.name;
  }

  /** The text channel with this name; made when there is none. */
  channel(name = "general", options: ChannelOptions = {}): ChannelHandle {
    return this.#handle(name, ChannelType.GuildText, options);
  }

  announcements(name: string, options: ChannelOptions = {}): ChannelHandle {
    return this.#handle(name, ChannelType.GuildAnnouncement, options);
  }

  voiceChannel(name: string, options: ChannelOptions = {}): ChannelHandle {
    return this.#handle(name, ChannelType.GuildVoice, options);
  }

  /** A forum; its posts are threads. Tags are made by name. */
  forum(
    name: string,
    { tags = [], ...options }: ChannelOptions & { tags?: readonly string[] } = {},
  ): ChannelHandle {
    const forum = this.#handle(name, ChannelType.GuildForum, options);
    for (const tag of tags) {
      if (forum.state.tags.some((known) => known.name === tag)) continue;
      const id = this.#context.world.ids.next();
      forum.state.tags.push({ id, name: tag, moderated: false, emoji_id: null, emoji_name: null });
    }
    return forum;
  }

  channels(): ChannelHandle[] {
    return this.#context.world
      .channelsOf(this.guild)
      .map((channel) => new ChannelHandle(this.#context, channel));
  }

  /** Makes a role. */
  role(name: string, options: { permissions?: bigint; mentionable?: boolean } = {}): APIRole {
    const role = this.guild.addRole(this.#context.world.ids.next(), name, options);
    this.#tell(GatewayDispatchEvents.GuildRoleCreate, { guild_id: this.id, role });
    return role;
  }

  /** What everybody may do. */
  allowsEverybody(permissions: bigint): void {
    const role = this.guild.roles.get(this.id);
    if (role === undefined) return;
    role.permissions = String(permissions);
    this.#tell(GatewayDispatchEvents.GuildRoleUpdate, { guild_id: this.id, role });
  }

  /** Gives a member a role. */
  gives(member: Somebody, role: APIRole): void {
    const { roles } = this.guild.member(member.id);
    if (!roles.includes(role.id)) roles.push(role.id);
    this.#memberChanged(member);
  }

  takes(member: Somebody, role: APIRole): void {
    const found = this.guild.member(member.id);
    found.roles = found.roles.filter((id) => id !== role.id);
    this.#memberChanged(member);
  }

  calls(member: Somebody, nick: string | null): void {
    this.guild.member(member.id).nick = nick;
    this.#memberChanged(member);
  }

  /** The member can do nothing but read for so long. */
  silences(member: Somebody, seconds: number): void {
    const { clock } = this.#context.world;
    this.guild.member(member.id).timedOutUntil = timestamp(clock.now() + seconds * 1000);
    this.#memberChanged(member);
  }

  /** Adds an emoji. Returns what a message shows it with, and its id. */
  emoji(name: string): { id: string; mention: string } {
    const id = this.#context.world.ids.next();
    this.guild.emojis.set(id, {
      id,
      name,
      roles: [],
      require_colons: true,
      managed: false,
      animated: false,
      available: true,
    });
    this.#tell(GatewayDispatchEvents.GuildEmojisUpdate, {
      guild_id: this.id,
      emojis: [...this.guild.emojis.values()],
    });
    return { id, mention: `<:${name}:${id}>` };
  }

  /** Adds a sticker; returns its id. */
  sticker(name: string): string {
    const id = this.#context.world.ids.next();
    const sticker: APISticker = {
      id,
      name,
      description: null,
      tags: "wave",
      type: StickerType.Guild,
      format_type: StickerFormatType.PNG,
      available: true,
      guild_id: this.id,
    };
    this.guild.stickers.set(id, sticker);
    this.#tell(GatewayDispatchEvents.GuildStickersUpdate, {
      guild_id: this.id,
      stickers: [...this.guild.stickers.values()],
    });
    return id;
  }

  /** A member goes into a voice channel; null: leaves it. */
  talks(member: Somebody, channel: ChannelHandle | null): void {
    const { world } = this.#context;
    const sessionId = this.guild.voice.get(member.id)?.sessionId ?? world.ids.next();
    const state = { channelId: channel?.id ?? null, userId: member.id, sessionId, mute: false, deaf: false };
    if (channel === null) this.guild.voice.delete(member.id);
    else this.guild.voice.set(member.id, state);
    const found = this.guild.member(member.id);
    this.#tell(GatewayDispatchEvents.VoiceStateUpdate, {
      ...voicePayload(state),
      guild_id: this.id,
      member: fullMemberPayload(found),
    });
  }

  /** A search answers for so long that its index is not ready. */
  buildsIndex(seconds: number): void {
    this.guild.searchableAt = this.#context.world.clock.now() + seconds * 1000;
  }

  /** Somebody joins; bots with the intent for members are told. */
  adds(member: Somebody): void {
    if (this.guild.bans.has(member.id)) throw new SimulatorError("Who is banned cannot join.");
    this.#context.world.join(this.guild, member.user);
  }

  /** Somebody leaves, or is thrown out. A bot is told that the server is gone. */
  removes(member: Somebody): void {
    this.#context.world.leave(this.guild, member.user);
  }

  /** The server is not available for a while, as in an outage of Discord. */
  goesDown(): void {
    this.#tell(GatewayDispatchEvents.GuildDelete, { id: this.id, unavailable: true });
  }

  comesBack(): void {
    for (const bot of this.#context.world.bots.values())
      if (this.guild.members.has(bot.id)) this.#context.world.announceGuild(this.guild, bot);
  }

  #memberChanged({ id }: Somebody): void {
    const member = this.guild.member(id);
    this.#tell(GatewayDispatchEvents.GuildMemberUpdate, { guild_id: this.id, ...fullMemberPayload(member) });
  }

  #tell(event: GatewayDispatchEvents, data: object): void {
    this.#context.world.dispatcher.emit({ event, guild: this.guild, data: () => data });
    this.#context.world.changed();
  }

  #handle(name: string, type: ChannelType, { id, topic, onlyFor }: ChannelOptions): ChannelHandle {
    const { world } = this.#context;
    const known = world
      .channelsOf(this.guild)
      .find((channel) => channel.name === name && channel.type === type);
    return new ChannelHandle(
      this.#context,
      known ?? this.#make(name, type, { ...(id !== undefined && { id }), topic: topic ?? null }, onlyFor),
    );
  }

  #make(
    name: string,
    type: ChannelType,
    info: { id?: string; topic: string | null },
    onlyFor: ChannelOptions["onlyFor"],
  ): Channel {
    const { world } = this.#context;
    const position = world.channelsOf(this.guild).length;
    const channel = world.addChannel({ ...info, name, type, position, guild: this.guild });
    if (onlyFor !== undefined) {
      const view = String(1n << 10n);
      channel.overwrites = [
        { id: this.id, type: OverwriteType.Role, allow: "0", deny: view },
        ...onlyFor.map((who) => ({
          id: who.id,
          type: "user" in who ? OverwriteType.Member : OverwriteType.Role,
          allow: view,
          deny: "0",
        })),
      ];
    }
    world.announceChannel(GatewayDispatchEvents.ChannelCreate, channel);
    return channel;
  }
}
