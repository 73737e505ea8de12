import type { APIUser } from "discord-api-types/v10";
import { SimulatorError } from "../../kit/errors.js";
import type { WaitOptions } from "../../kit/watch.js";
import type { Bot } from "../bot.js";
import type { Channel } from "../channel.js";
import type { Message } from "../message.js";
import type { BotHandle } from "./bot.js";
import type { DriverContext } from "./context.js";
import type { HearOptions, MessageRef } from "./conversation.js";
import type { Press } from "./press.js";
import { type SayOptions, type SentFile, Speaker } from "./speaker.js";

/** A person in the private chat with one bot. */
export class DirectChat extends Speaker {
  readonly #bot: Bot;

  constructor(context: DriverContext, channel: Channel, bot: Bot, user: APIUser) {
    super(context, channel, user);
    this.#bot = bot;
  }

  /** The bot can write no more here: 50007. It is not told. */
  blocks(): void {
    this.channel.closedTo.add(this.#bot.id);
  }

  unblocks(): void {
    this.channel.closedTo.delete(this.#bot.id);
  }
}

/** A person. The verbs act in the private chat with the bot; where there are several bots, say which: `ada.with(bot)`. */
export class UserHandle {
  readonly user: APIUser;
  readonly #context: DriverContext;

  constructor(context: DriverContext, user: APIUser) {
    this.#context = context;
    this.user = user;
  }

  get id(): string {
    return this.user.id;
  }

  get name(): string {
    return this.user.global_name ?? this.user.username;
  }

  /** What one writes to mention the person. */
  get mention(): string {
    return `<@${this.id}>`;
  }

  /** The private chat with this bot. */
  with(bot: BotHandle): DirectChat {
    return this.#direct(bot.account);
  }

  async says(content: string, options?: SayOptions): Promise<Message> {
    return await this.#only().says(content, options);
  }

  async replies(to: MessageRef, content: string, options?: SayOptions): Promise<Message> {
    return await this.#only().replies(to, content, options);
  }

  async sends(file: SentFile, content?: string): Promise<Message> {
    return await this.#only().sends(file, content);
  }

  async edits(message: MessageRef, content: string): Promise<Message> {
    return await this.#only().edits(message, content);
  }

  async deletes(message: MessageRef): Promise<void> {
    await this.#only().deletes(message);
  }

  async reacts(message: MessageRef, emoji: string): Promise<void> {
    await this.#only().reacts(message, emoji);
  }

  async presses(message: MessageRef, label: string): Promise<Press> {
    return await this.#only().presses(message, label);
  }

  async chooses(message: MessageRef, customId: string, ...values: readonly string[]): Promise<Press> {
    return await this.#only().chooses(message, customId, ...values);
  }

  async runs(name: string, options?: Readonly<Record<string, string | number | boolean>>): Promise<Press> {
    return await this.#only().runs(name, options);
  }

  /** The bot's next message in the private chat: in order, each once. */
  async hears(options?: HearOptions): Promise<Message> {
    return await this.#only().hears(options);
  }

  async sees(predicate: (message: Message) => boolean, options?: WaitOptions): Promise<Message> {
    return await this.#only().sees(predicate, options);
  }

  messages(): Message[] {
    return this.#only().messages();
  }

  reactions(message: MessageRef): string[] {
    return this.#only().reactions(message);
  }

  blocks(): void {
    this.#only().blocks();
  }

  unblocks(): void {
    this.#only().unblocks();
  }

  #only(): DirectChat {
    const [bot, ...others] = this.#context.world.bots.values();
    if (bot === undefined)
      throw new SimulatorError("There is no bot to talk to; make one with sim.bot({ token, username }).");
    if (others.length > 0) throw new SimulatorError("There are several bots; say which one: user.with(bot).");
    return this.#direct(bot);
  }

  #direct(bot: Bot): DirectChat {
    return new DirectChat(this.#context, this.#context.world.direct(bot, this.user), bot, this.user);
  }
}
