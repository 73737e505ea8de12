import type { Message } from "@grammyjs/types";
import type { Clock } from "../kit/clock.js";
import { SimulatorError } from "../kit/errors.js";
import type { Fault, FaultRule } from "../kit/faults.js";
import { Journal } from "../kit/journal.js";
import { type Simulator, SimulatorServer, type SimulatorServerOptions } from "../kit/server.js";
import type { Watch } from "../kit/watch.js";
import { openAdminDoor } from "./admin.js";
import { type ApiCall, BotApi, describeCall } from "./api.js";
import type { BotOptions } from "./bot.js";
import { BotHandle } from "./driver/bot.js";
import { ChannelHandle, type ChannelOptions } from "./driver/channel.js";
import type { DriverContext } from "./driver/context.js";
import { GroupHandle, type GroupOptions } from "./driver/group.js";
import { UserHandle } from "./driver/user.js";
import { type BotMessageEvent, World } from "./world.js";

const KEPT_REQUESTS = 5_000;

export interface TelegramSimulatorOptions extends SimulatorServerOptions {
  /** Refuse parameters that the method does not have; Telegram ignores them. Default: true. */
  strict?: boolean;
  /** Answers like a Bot API server with `--local` whose working folder this is: getFile names files on disk, of any size. */
  localFolder?: string;
}

export interface UserOptions {
  /** Default: the next free one. */
  id?: number;
  /** Without the `@`. */
  username?: string;
  /** A bot that is only scenery and not driven over the API. Default: false. */
  isBot?: boolean;
  /** Default: "en". */
  languageCode?: string;
}

/** What a listener of `onBotMessage` is told. */
export interface BotMessage {
  type: "sent" | "edited";
  message: Message;
  /** How many states of it were shown as a draft before. */
  drafts: number;
  /** Username of the bot. */
  bot: string;
}

/** Starts a local Telegram: the Bot API over HTTP, a driver for its people, and an admin door under `/_sim`. */
export async function startTelegramSimulator(
  options: TelegramSimulatorOptions = {},
): Promise<TelegramSimulator> {
  const { strict = true, localFolder, ...serverOptions } = options;
  return new TelegramSimulator(await SimulatorServer.start(serverOptions), strict, localFolder);
}

/** A running simulated Telegram. */
export class TelegramSimulator implements Simulator {
  /** Every call of the Bot API; the last 5000 are kept. */
  readonly requests: Journal<ApiCall>;
  readonly #server: SimulatorServer;
  readonly #world: World;
  readonly #context: DriverContext;
  /** Use `startTelegramSimulator`. */
  constructor(server: SimulatorServer, strict: boolean, localFolder?: string) {
    this.#server = server;
    this.#world = new World(server.clock, server.watch, localFolder);
    this.requests = new Journal({ watch: server.watch, describe: describeCall, limit: KEPT_REQUESTS });
    this.#context = { world: this.#world, watch: server.watch, requests: this.requests };
    openAdminDoor(server, this, this.#world);
    // The Bot API takes every path that the admin door has not taken.
    new BotApi({ world: this.#world, server, journal: this.requests, strict });
  }

  get url(): string {
    return this.#server.url;
  }

  /** For the SDK's option of the same name; without a trailing slash. */
  get apiRoot(): string {
    return this.#server.url;
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

  /** Makes a bot account known. */
  bot(options: BotOptions): BotHandle {
    return new BotHandle(this.#context, this.#world.addBot(options));
  }

  /** Makes a person. */
  user(name: string, options: UserOptions = {}): UserHandle {
    return new UserHandle(this.#context, this.#world.addUser(name, options));
  }

  /** Makes a group whose members are there already; nobody is told that they joined. */
  group(title: string, options: GroupOptions = {}): GroupHandle {
    const { members = [], bots = this.bots(), supergroup = false, forum = false, ...rest } = options;
    const type = supergroup || forum || rest.username !== undefined ? "supergroup" : "group";
    const chat = this.#world.addChat({ type, title, forum, ...rest });
    for (const member of members) chat.setMember(member.user, member === members[0] ? "creator" : "member");
    for (const bot of bots) chat.setMember(bot.user, "member");
    return new GroupHandle(this.#context, chat);
  }

  /** Makes a channel. */
  channel(title: string, options: ChannelOptions = {}): ChannelHandle {
    const { bots = this.bots(), ...rest } = options;
    const chat = this.#world.addChat({ type: "channel", title, ...rest });
    for (const bot of bots) chat.setMember(bot.user, "administrator");
    return new ChannelHandle(this.#context, chat);
  }

  bots(): BotHandle[] {
    return [...this.#world.bots.values()].map((bot) => new BotHandle(this.#context, bot));
  }

  users(): UserHandle[] {
    return [...this.#world.users.values()].map((user) => new UserHandle(this.#context, user));
  }

  /** Groups and supergroups, those that others have become included. */
  groups(): GroupHandle[] {
    return [...this.#world.chats.values()]
      .filter(({ info }) => info.type === "group" || info.type === "supergroup")
      .map((chat) => new GroupHandle(this.#context, chat));
  }

  /**
   * Gives a bot a raw update, for example from a file of recorded payloads. It gets the next `update_id`, or keeps its
   * own with `keepId`. Returns the id; undefined when the bot's `allowed_updates` leave this kind out.
   */
  push(token: string, update: unknown, { keepId = false }: { keepId?: boolean } = {}): number | undefined {
    const bot = this.#world.bots.get(token);
    if (bot === undefined)
      throw new SimulatorError("No bot has this token; make one with sim.bot({ token, username }).");
    return bot.updates.pushRaw(update, keepId);
  }

  /** Makes a sticker that everybody can send, as those of public sets. Returns its file id. */
  sticker(bytes: Uint8Array): string {
    return this.#world.files.add(bytes, "stickers", "webp").file_id;
  }

  /** The bytes of a file that somebody sent. */
  file(fileId: string): Uint8Array {
    const file = this.#world.files.get(fileId);
    if (file === undefined) throw new SimulatorError(`Nobody sent a file ${fileId}.`);
    return file.bytes;
  }

  /** Told of every message that a bot sends or edits. Returns what ends it. */
  onBotMessage(listener: (event: BotMessage) => void): () => void {
    const tell = ({ bot, ...event }: BotMessageEvent) => listener({ ...event, bot: bot.user.username });
    this.#world.onBotMessage.add(tell);
    return () => this.#world.onBotMessage.delete(tell);
  }

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
    for (const bot of this.#world.bots.values()) bot.webhook?.stop();
    await this.#server.close();
  }
}
