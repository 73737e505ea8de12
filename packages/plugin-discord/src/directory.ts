import { type Clock, RecentMap } from "@elizaos/connector-core";
import { ChannelType } from "discord-api-types/v10";
import { z } from "zod";

/** Threads of past days are forgotten first; what is asked for again is looked up again. */
const MAX_CHANNELS = 40_000;

const channelSchema = z.object({
  id: z.string(),
  type: z.int(),
  guild_id: z.string().optional(),
  name: z.string().nullish(),
  parent_id: z.string().nullish(),
  last_message_id: z.string().nullish(),
});
const roleSchema = z.object({
  id: z.string(),
  name: z.string(),
  tags: z.object({ bot_id: z.string().optional() }).optional(),
});
const guildSchema = z.object({
  id: z.string(),
  name: z.string().optional(),
  channels: z.array(z.unknown()).optional(),
  threads: z.array(z.unknown()).optional(),
  roles: z.array(roleSchema).optional(),
});

/** What is remembered of a channel, thread or private chat. */
export interface Channel {
  readonly id: string;
  readonly type: number;
  readonly guild?: string;
  readonly name?: string;
  /** A thread's channel, a channel's category. */
  readonly parent?: string;
  lastMessage?: string;
}

/** What is remembered of a server. */
export interface Guild {
  readonly id: string;
  readonly name?: string;
  readonly roles: ReadonlyMap<string, string>;
  /** Roles that are the bot itself: a mention of one means it. */
  readonly ownRoles: ReadonlySet<string>;
}

export function isThread(type: number): boolean {
  return (
    type === ChannelType.AnnouncementThread ||
    type === ChannelType.PublicThread ||
    type === ChannelType.PrivateThread
  );
}

export function isDirect(type: number): boolean {
  return type === ChannelType.DM || type === ChannelType.GroupDM;
}

/** Where people can write. */
export function isWritable({ type }: Channel): boolean {
  return (
    isThread(type) ||
    type === ChannelType.GuildText ||
    type === ChannelType.GuildAnnouncement ||
    type === ChannelType.GuildVoice ||
    type === ChannelType.GuildStageVoice
  );
}

/** Channels and servers as the gateway told of them, as far as messages need it: names, parents, the bot's roles. */
export class Directory {
  readonly #channels = new RecentMap<string, Channel>(MAX_CHANNELS);
  readonly #guilds = new Map<string, Guild>();
  readonly #self: string;
  /** Servers of which the gateway said that it will tell. */
  readonly #expected = new Set<string>();
  #onComplete = () => {};

  /** @param self the bot's user id */
  constructor(self: string) {
    this.#self = self;
  }

  channel(id: string): Channel | undefined {
    return this.#channels.get(id);
  }

  guild(id: string): Guild | undefined {
    return this.#guilds.get(id);
  }

  channels(): Iterable<Channel> {
    return this.#channels.values();
  }

  /** Takes a channel object of the API; undefined when it is none. */
  learnChannel(raw: unknown, guild?: string): Channel | undefined {
    const parsed = channelSchema.safeParse(raw);
    if (!parsed.success) return undefined;
    const { id, type, name, parent_id: parent, last_message_id: last, guild_id = guild } = parsed.data;
    const channel: Channel = {
      id,
      type,
      ...(guild_id === undefined ? {} : { guild: guild_id }),
      ...(name ? { name } : {}),
      ...(parent ? { parent } : {}),
      ...(last ? { lastMessage: last } : {}),
    };
    this.#channels.set(id, channel);
    return channel;
  }

  /** Takes the roles of a server. */
  learnRoles(guild: string, raw: unknown): void {
    const roles = z.array(roleSchema).safeParse(raw);
    if (roles.success) this.#keepGuild({ id: guild, roles: roles.data });
  }

  wrote(channel: string, message: string): void {
    const known = this.#channels.get(channel);
    if (known !== undefined) known.lastMessage = message;
  }

  /** Resolves when the gateway has told of every server that it announced, or after so many ms. */
  async complete(clock: Clock, limitMs: number): Promise<void> {
    if (this.#expected.size === 0) return;
    await new Promise<void>((resolve) => {
      const cancel = clock.after(limitMs, resolve);
      this.#onComplete = () => {
        cancel();
        resolve();
      };
    });
  }

  #told(guild: string): void {
    this.#expected.delete(guild);
    if (this.#expected.size === 0) this.#onComplete();
  }

  /** Follows what the gateway tells of servers, channels and roles. */
  follow(type: string, data: unknown): void {
    switch (type) {
      case "READY": {
        const ready = z.object({ guilds: z.array(z.object({ id: z.string() })) }).safeParse(data);
        for (const { id } of ready.data?.guilds ?? []) this.#expected.add(id);
        return;
      }
      case "GUILD_CREATE":
      case "GUILD_UPDATE": {
        const guild = guildSchema.safeParse(data);
        if (!guild.success) return;
        this.#keepGuild(guild.data);
        for (const each of [...(guild.data.channels ?? []), ...(guild.data.threads ?? [])])
          this.learnChannel(each, guild.data.id);
        this.#told(guild.data.id);
        return;
      }
      case "GUILD_DELETE":
        this.#forgetGuild(data);
        return;
      case "CHANNEL_CREATE":
      case "CHANNEL_UPDATE":
      case "THREAD_CREATE":
      case "THREAD_UPDATE":
        this.learnChannel(data);
        return;
      case "THREAD_LIST_SYNC": {
        const list = z.object({ guild_id: z.string(), threads: z.array(z.unknown()) }).safeParse(data);
        if (list.success) for (const each of list.data.threads) this.learnChannel(each, list.data.guild_id);
        return;
      }
      case "INTERACTION_CREATE": {
        // Saves looking it up while Discord waits.
        const asked = z.object({ guild_id: z.string().optional(), channel: channelSchema }).safeParse(data);
        if (asked.success && !this.#channels.has(asked.data.channel.id))
          this.learnChannel(asked.data.channel, asked.data.guild_id);
        return;
      }
      case "CHANNEL_DELETE":
      case "THREAD_DELETE": {
        const gone = z.object({ id: z.string() }).safeParse(data);
        if (gone.success) this.#channels.delete(gone.data.id);
        return;
      }
      case "GUILD_ROLE_CREATE":
      case "GUILD_ROLE_UPDATE": {
        const made = z.object({ guild_id: z.string(), role: roleSchema }).safeParse(data);
        if (made.success) this.#keepRole(made.data.guild_id, made.data.role);
        return;
      }
    }
  }

  #keepGuild({ id, name, roles }: z.infer<typeof guildSchema>): void {
    const known = this.#guilds.get(id);
    const title = name ?? known?.name;
    this.#guilds.set(id, {
      id,
      ...(title === undefined ? {} : { name: title }),
      roles:
        roles === undefined
          ? (known?.roles ?? new Map())
          : new Map(roles.map((role) => [role.id, role.name])),
      ownRoles:
        roles === undefined
          ? (known?.ownRoles ?? new Set())
          : new Set(roles.filter(({ tags }) => tags?.bot_id === this.#self).map((role) => role.id)),
    });
  }

  #keepRole(guild: string, role: z.infer<typeof roleSchema>): void {
    const known = this.#guilds.get(guild);
    if (known === undefined) return;
    const own = new Set(known.ownRoles);
    if (role.tags?.bot_id === this.#self) own.add(role.id);
    this.#guilds.set(guild, { ...known, roles: new Map(known.roles).set(role.id, role.name), ownRoles: own });
  }

  #forgetGuild(data: unknown): void {
    const gone = z.object({ id: z.string(), unavailable: z.boolean().optional() }).safeParse(data);
    if (!gone.success) return;
    this.#told(gone.data.id);
    // An outage is no removal.
    if (gone.data.unavailable === true) return;
    this.#guilds.delete(gone.data.id);
    for (const { id, guild } of this.#channels.values())
      if (guild === gone.data.id) this.#channels.delete(id);
  }
}
