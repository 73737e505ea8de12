import type { Clock } from "../kit/clock.js";
import type { Fault, FaultRule } from "../kit/faults.js";
import { Journal } from "../kit/journal.js";
import { type Simulator, SimulatorServer, type SimulatorServerOptions } from "../kit/server.js";
import type { Watch } from "../kit/watch.js";
import { openAdminDoor } from "./admin.js";
import type { BotOptions } from "./bot.js";
import { BotHandle } from "./driver/bot.js";
import type { DriverContext } from "./driver/context.js";
import { GuildHandle, type GuildOptions } from "./driver/guild.js";
import { UserHandle } from "./driver/user.js";
import { Gateway, type GatewayOptions } from "./gateway/gateway.js";
import type { Message } from "./message.js";
import { PLURALKIT_PATH, PluralKit } from "./pluralkit.js";
import { type ApiCall, describeCall, RestApi } from "./rest/api.js";
import { RateLimits } from "./rest/limits.js";
import { type BotMessageEvent, World } from "./world.js";

const KEPT_REQUESTS = 5_000;

export interface DiscordSimulatorOptions extends SimulatorServerOptions, GatewayOptions {
  /** Refuse fields that a route does not have; Discord ignores them. Default: true. */
  strict?: boolean;
  /** Refuse calls over Discord's limits with 429. Default: false: only faults do. */
  rateLimits?: boolean;
}

export interface UserOptions {
  /** 17 to 20 digits. Default: the next free one. */
  id?: string;
  /** Default: made of the name. */
  username?: string;
  /** A bot that is only scenery and not driven over the API. Default: false. */
  isBot?: boolean;
}

/** What a listener of `onBotMessage` is told. */
export interface BotMessage {
  type: "sent" | "edited";
  message: Message;
  /** Username of the bot. */
  bot: string;
}

/** Starts a local Discord: REST and gateway, version 10, and a driver for its people. */
export async function startDiscordSimulator(
  options: DiscordSimulatorOptions = {},
): Promise<DiscordSimulator> {
  return new DiscordSimulator(await SimulatorServer.start(options), options);
}

/** A running simulated Discord. */
export class DiscordSimulator implements Simulator {
  /** Every call of the REST API; the last 5000 are kept. */
  readonly requests: Journal<ApiCall>;
  readonly #server: SimulatorServer;
  readonly #world: World;
  readonly #context: DriverContext;

  /** Use `startDiscordSimulator`. */
  constructor(server: SimulatorServer, options: DiscordSimulatorOptions) {
    this.#server = server;
    this.#world = new World(server.clock, server.watch, server.url);
    this.requests = new Journal({ watch: server.watch, describe: describeCall, limit: KEPT_REQUESTS });
    const gateway = new Gateway(server, this.#world, options);
    openAdminDoor(server, this);
    const pluralKit = new PluralKit(server);
    this.#context = { world: this.#world, watch: server.watch, gateway, pluralKit, requests: this.requests };
    const api = new RestApi({
      world: this.#world,
      gateway,
      server,
      journal: this.requests,
      limits: new RateLimits(options.rateLimits ?? false),
      strict: options.strict ?? true,
    });
    gateway.onHandshake = (status, fault) => api.noteHandshake(status, fault);
  }

  get url(): string {
    return this.#server.url;
  }

  /** For discord.js: `new Client({ rest: { api: sim.apiRoot } })`. */
  get apiRoot(): string {
    return `${this.#server.url}/api`;
  }

  /** PluralKit's API, in place of `https://api.pluralkit.me`. */
  get pluralKitRoot(): string {
    return `${this.#server.url}${PLURALKIT_PATH}`;
  }

  get port(): number {
    return this.#server.port;
  }

  get clock(): Clock {
    return this.#server.clock;
  }

  /** Looks again whenever something changed. */
  get watch(): Watch {
    return this.#server.watch;
  }

  /** Makes a bot known. */
  bot(options: BotOptions): BotHandle {
    return new BotHandle(this.#context, this.#world.addBot(options));
  }

  /** Makes a person. */
  user(name: string, options: UserOptions = {}): UserHandle {
    return new UserHandle(this.#context, this.#world.addUser(name, options));
  }

  /** Makes a server whose members are there already, with the channel `general`. */
  guild(name: string, { members = [], bots = this.bots(), id }: GuildOptions = {}): GuildHandle {
    const owner = members[0]?.user ?? this.#world.addUser(`Owner of ${name}`);
    const guild = this.#world.addGuild(name, owner.id, id);
    for (const user of [owner, ...members.map((member) => member.user)])
      this.#world.join(guild, user, { quietly: true });
    const handle = new GuildHandle(this.#context, guild);
    handle.channel();
    for (const bot of bots) this.#world.join(guild, bot.user, { quietly: true });
    return handle;
  }

  bots(): BotHandle[] {
    return [...this.#world.bots.values()].map((bot) => new BotHandle(this.#context, bot));
  }

  /** People, not those that are bots with a token. */
  users(): UserHandle[] {
    return [...this.#world.users.values()]
      .filter(({ id }) => this.#world.botOf(id) === undefined)
      .map((user) => new UserHandle(this.#context, user));
  }

  guilds(): GuildHandle[] {
    return [...this.#world.guilds.values()].map((guild) => new GuildHandle(this.#context, guild));
  }

  /** The bytes behind the address of an attachment. */
  file(url: string): Uint8Array | undefined {
    return this.#world.cdn.file(url)?.bytes;
  }

  /** Told of every message that a bot sends or edits. Returns what ends it. */
  onBotMessage(listener: (event: BotMessage) => void): () => void {
    const tell = ({ type, stored, bot }: BotMessageEvent) =>
      listener({ type, message: stored.message, bot: bot.user.username });
    this.#world.onBotMessage.add(tell);
    return () => this.#world.onBotMessage.delete(tell);
  }

  /**
   * Lets calls go wrong; `method` is the route's title in Discord's documentation in camel case, such as
   * `createMessage`. `gateway` is the handshake of the WebSocket, `identify` and `resume` what follows.
   */
  fault(rule: FaultRule): Fault {
    return this.#server.faults.add(rule);
  }

  clearFaults(): void {
    this.#server.faults.clear();
  }

  disconnect(): void {
    this.#server.disconnect();
  }

  halfOpen(): void {
    this.#server.halfOpen();
  }

  async close(): Promise<void> {
    await this.#server.close();
  }
}
