import { type APIUser, ChannelType, GatewayDispatchEvents } from "discord-api-types/v10";
import type { Clock } from "../kit/clock.js";
import { SimulatorError } from "../kit/errors.js";
import type { Watch } from "../kit/watch.js";
import { Bot, type BotOptions } from "./bot.js";
import { Cdn } from "./cdn.js";
import { Channel, type ChannelInfo } from "./channel.js";
import { Dispatcher } from "./dispatcher.js";
import { Guild } from "./guild.js";
import { Interactions } from "./interactions.js";
import type { StoredMessage } from "./message.js";
import { Messages } from "./messages.js";
import { channelPayload, fullMemberPayload, guildCreatePayload } from "./render.js";
import { Snowflakes } from "./snowflake.js";
import type { Webhook } from "./webhooks.js";

const MAX_ACCOUNTS = 10_000;
const NO_FLAGS: number = 0;

/** What a bot did to a message that people can see. */
export interface BotMessageEvent {
  type: "sent" | "edited";
  stored: StoredMessage;
  bot: Bot;
}

/** Everything that exists on the simulated Discord. */
export class World {
  readonly clock: Clock;
  readonly ids: Snowflakes;
  readonly cdn: Cdn;
  /** By token. */
  readonly bots = new Map<string, Bot>();
  readonly users = new Map<string, APIUser>();
  readonly guilds = new Map<string, Guild>();
  /** Threads and private chats too. */
  readonly channels = new Map<string, Channel>();
  readonly dispatcher: Dispatcher;
  readonly messages: Messages;
  readonly interactions: Interactions;
  readonly webhooks = new Map<string, Webhook>();
  readonly onBotMessage = new Set<(event: BotMessageEvent) => void>();
  readonly #watch: Watch;
  readonly #directs = new Map<string, Channel>();

  constructor(clock: Clock, watch: Watch, url: string) {
    this.clock = clock;
    this.#watch = watch;
    this.ids = new Snowflakes(clock);
    this.cdn = new Cdn(clock, url);
    this.dispatcher = new Dispatcher(
      () => this.bots.values(),
      () => clock.now(),
    );
    this.messages = new Messages(this);
    this.interactions = new Interactions(this);
  }

  /** Now, as Discord writes times. */
  get time(): string {
    return timestamp(this.clock.now());
  }

  /** Waits look again. */
  changed(): void {
    this.#watch.poke();
  }

  addBot(options: BotOptions): Bot {
    if (/\s/.test(options.token) || options.token === "")
      throw new SimulatorError("A bot token is not empty and has no spaces.");
    if (this.bots.has(options.token)) throw new SimulatorError("This token is taken already.");
    const bot = new Bot(options, options.id ?? this.ids.next());
    this.#admit(bot.user);
    this.bots.set(bot.token, bot);
    return bot;
  }

  addUser(name: string, options: { id?: string; username?: string; isBot?: boolean } = {}): APIUser {
    if (this.users.size >= MAX_ACCOUNTS)
      throw new SimulatorError(`The simulator keeps at most ${MAX_ACCOUNTS} users.`);
    const user: APIUser = {
      id: options.id ?? this.ids.next(),
      username: options.username ?? usernameOf(name),
      discriminator: options.isBot === true ? "0000" : "0",
      global_name: name,
      avatar: null,
      public_flags: NO_FLAGS,
      ...(options.isBot === true && { bot: true }),
    };
    this.#admit(user);
    return user;
  }

  /** The bot whose account this is. */
  botOf(userId: string): Bot | undefined {
    return [...this.bots.values()].find(({ id }) => id === userId);
  }

  addGuild(name: string, ownerId: string, id = this.ids.next()): Guild {
    if (this.guilds.has(id)) throw new SimulatorError(`The id ${id} is taken already.`);
    const guild = new Guild(id, name, ownerId);
    this.guilds.set(id, guild);
    return guild;
  }

  addChannel(info: Omit<ChannelInfo, "id"> & { id?: string }): Channel {
    const id = info.id ?? this.ids.next();
    if (this.channels.has(id)) throw new SimulatorError(`The id ${id} is taken already.`);
    const channel = new Channel({ ...info, id });
    this.channels.set(id, channel);
    return channel;
  }

  channelsOf(guild: Guild): Channel[] {
    return [...this.channels.values()].filter((channel) => channel.guild === guild);
  }

  threadsOf(parent: Channel): Channel[] {
    return [...this.channels.values()].filter((channel) => channel.parent === parent);
  }

  /** The private chat of the two; made when there is none. */
  direct(bot: Bot, user: APIUser): Channel {
    const key = `${bot.id}:${user.id}`;
    const known = this.#directs.get(key);
    if (known !== undefined) return known;
    const channel = this.addChannel({ type: ChannelType.DM, recipients: [user, bot.user] });
    this.#directs.set(key, channel);
    return channel;
  }

  shareGuild(a: string, b: string): boolean {
    return [...this.guilds.values()].some(({ members }) => members.has(a) && members.has(b));
  }

  /** Somebody comes into a server; a bot is told of the server, others of the member. */
  join(guild: Guild, user: APIUser, { quietly = false }: { quietly?: boolean } = {}): void {
    if (guild.members.has(user.id)) return;
    const member = { user, nick: null, roles: [], joinedAt: this.time, timedOutUntil: null };
    guild.members.set(user.id, member);
    const bot = this.botOf(user.id);
    if (bot !== undefined) {
      const role = guild.addRole(this.ids.next(), user.username, { botId: user.id });
      guild.member(user.id).roles.push(role.id);
    }
    if (!quietly) {
      this.dispatcher.emit({
        event: GatewayDispatchEvents.GuildMemberAdd,
        guild,
        data: ({ bot: to }) =>
          to === bot ? undefined : { ...fullMemberPayload(member), guild_id: guild.id },
      });
    }
    if (bot !== undefined) this.announceGuild(guild, bot);
    this.changed();
  }

  /** Tells a bot's sessions that there is this server. */
  announceGuild(guild: Guild, bot: Bot): void {
    this.dispatcher.emit({
      event: GatewayDispatchEvents.GuildCreate,
      guild,
      only: bot,
      data: ({ intents }) => this.guildFor(guild, bot, intents),
    });
  }

  guildFor(guild: Guild, bot: Bot, intents: number): object {
    const seen = this.channelsOf(guild).filter((channel) => this.messages.canSee(channel, bot.id));
    return guildCreatePayload(guild, seen, bot, (intents & (1 << 1)) !== 0);
  }

  /** Somebody goes, or is thrown out. */
  leave(guild: Guild, user: APIUser): void {
    if (!guild.members.delete(user.id)) return;
    this.dispatcher.emit({
      event: GatewayDispatchEvents.GuildMemberRemove,
      guild,
      data: () => ({ guild_id: guild.id, user }),
    });
    const bot = this.botOf(user.id);
    if (bot !== undefined)
      this.dispatcher.emit({
        event: GatewayDispatchEvents.GuildDelete,
        guild,
        only: bot,
        data: () => ({ id: guild.id }),
      });
    this.changed();
  }

  /** Tells of a channel that was made, changed or deleted. */
  announceChannel(event: GatewayDispatchEvents, channel: Channel, more: object = {}): void {
    this.dispatcher.emit({
      event,
      channel,
      data: ({ bot }) => ({ ...channelPayload(channel, bot.id), ...more }),
    });
    this.changed();
  }

  #admit(user: APIUser): void {
    if (!/^\d{17,20}$/.test(user.id))
      throw new SimulatorError(`An id has 17 to 20 digits; "${user.id}" has not.`);
    if (this.users.has(user.id)) throw new SimulatorError(`The id ${user.id} is taken already.`);
    this.users.set(user.id, user);
  }
}

/** ISO 8601 as Discord writes it. */
export function timestamp(unixMs: number): string {
  return new Date(unixMs).toISOString().replace("Z", "000+00:00");
}

function usernameOf(name: string): string {
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9_.]/g, "");
  return plain === "" ? "somebody" : plain;
}
