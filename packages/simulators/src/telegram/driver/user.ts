import type { Message, User } from "@grammyjs/types";
import { SimulatorError } from "../../kit/errors.js";
import type { WaitOptions } from "../../kit/watch.js";
import type { BotAccount } from "../bot.js";
import type { ChatAction, SimChat, Topic } from "../chat.js";
import type { BotHandle } from "./bot.js";
import type { DriverContext } from "./context.js";
import type { HearOptions } from "./conversation.js";
import type { Media } from "./media.js";
import { type MenuItem, type Press, type SayOptions, type SendOptions, Speaker } from "./speaker.js";

/** A person in the private chat with one bot. */
export class DirectChat extends Speaker {
  readonly #bot: BotAccount;
  readonly #user: User;

  constructor(context: DriverContext, chat: SimChat, bot: BotAccount, user: User) {
    super(context, chat, { kind: "user", user });
    this.#bot = bot;
    this.#user = user;
  }

  /** The topic with this name; made, with its service message, when there is none. */
  topic(name: string): Speaker {
    const known = [...this.chat.topics.values()].find((topic) => topic.name === name);
    const topic = known ?? this.#open(name);
    return new Speaker(this.context, this.chat, { kind: "user", user: this.#user }, topic.id);
  }

  /** The bot can write no more, and learns so by `my_chat_member`. */
  blocks(): void {
    this.#set(true);
  }

  unblocks(): void {
    this.#set(false);
  }

  #open(name: string): Topic {
    // 1 is General; ids of private chats count over all of a person's, so that none begins with it.
    this.chat.skipTo(Math.max(2, this.chat.peekMessageId()));
    const topic = { id: this.chat.peekMessageId(), name, closed: false };
    this.chat.topics.set(topic.id, topic);
    const opened = { forum_topic_created: { name, icon_color: 0x6fb9f0 } as const };
    this.context.world.post(this.chat, { kind: "user", user: this.#user }, opened, { thread: topic.id });
    return topic;
  }

  #set(blocked: boolean): void {
    if (this.chat.blocked === blocked) return;
    this.chat.blocked = blocked;
    const bot = this.#bot.profile;
    const states = [
      { status: "member", user: bot },
      { status: "kicked", user: bot, until_date: 0 },
    ];
    const [old, now] = blocked ? states : states.toReversed();
    this.#bot.updates.push("my_chat_member", {
      chat: this.chat.info,
      from: this.#user,
      date: this.context.world.date,
      old_chat_member: old,
      new_chat_member: now,
    });
    this.context.world.changed();
  }
}

/** A person. The verbs act in the private chat with the bot; where there are several bots, say which: `ada.with(bot)`. */
export class UserHandle {
  readonly user: User;
  readonly #context: DriverContext;

  constructor(context: DriverContext, user: User) {
    this.#context = context;
    this.user = user;
  }

  get id(): number {
    return this.user.id;
  }

  /** The private chat with this bot. */
  with(bot: BotHandle): DirectChat {
    return this.#direct(bot.account);
  }

  async says(text: string, options?: SayOptions): Promise<Message> {
    return await this.#only().says(text, options);
  }

  menu(): readonly MenuItem[] {
    return this.#only().menu();
  }

  async seesMenu(names: readonly string[], options?: WaitOptions): Promise<readonly MenuItem[]> {
    return await this.#only().seesMenu(names, options);
  }

  async picks(command: string, rest?: string, options?: SayOptions): Promise<Message> {
    return await this.#only().picks(command, rest, options);
  }

  async replies(to: Pick<Message, "message_id">, text: string, options?: SayOptions): Promise<Message> {
    return await this.#only().replies(to, text, options);
  }

  async edits(message: Pick<Message, "message_id">, text: string, options?: SayOptions): Promise<Message> {
    return await this.#only().edits(message, text, options);
  }

  async deletes(message: Pick<Message, "message_id">): Promise<void> {
    return await this.#only().deletes(message);
  }

  async reacts(message: Pick<Message, "message_id">, emoji: string | null): Promise<void> {
    return await this.#only().reacts(message, emoji);
  }

  async votes(message: Pick<Message, "message_id">, options: readonly number[]): Promise<void> {
    return await this.#only().votes(message, options);
  }

  async presses(message: Pick<Message, "message_id">, label: string): Promise<Press> {
    return await this.#only().presses(message, label);
  }

  async sends(media: Media, options?: SendOptions): Promise<Message> {
    return await this.#only().sends(media, options);
  }

  async sendsAlbum(media: readonly Media[], options?: SendOptions): Promise<Message[]> {
    return await this.#only().sendsAlbum(media, options);
  }

  async forwards(original: Message, options?: { hidden?: boolean }): Promise<Message> {
    return await this.#only().forwards(original, options);
  }

  /** The bot's next message in the private chat: in order, each once. */
  async hears(options?: HearOptions): Promise<Message> {
    return await this.#only().hears(options);
  }

  async sees(predicate: (message: Message) => boolean, options?: WaitOptions): Promise<Message> {
    return await this.#only().sees(predicate, options);
  }

  async seesTyping(options?: WaitOptions): Promise<ChatAction> {
    return await this.#only().seesTyping(options);
  }

  messages(): Message[] {
    return this.#only().messages();
  }

  typing(): boolean {
    return this.#only().typing();
  }

  reactions(message: Pick<Message, "message_id">): string[] {
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

  #direct(bot: BotAccount): DirectChat {
    return new DirectChat(this.#context, this.#context.world.privateChat(bot, this.user), bot, this.user);
  }
}
