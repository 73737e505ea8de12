import type { WaitOptions } from "../../kit/watch.js";
import type { Channel, Typing } from "../channel.js";
import { type Message, type StoredMessage, viewOf } from "../message.js";
import type { DriverContext } from "./context.js";

/** Typing is shown this long (Discord, "Trigger Typing Indicator"). */
const TYPING_SHOWN_MS = 10_000;

export interface HearOptions extends WaitOptions {
  /** Only messages of this bot. */
  from?: { readonly id: string };
}

/** A message, or its id. */
export type MessageRef = Pick<Message, "id">;

/** What people see of a channel, a thread or a private chat. */
export class Conversation {
  protected readonly context: DriverContext;
  protected readonly channel: Channel;
  /** Who looks: ephemeral messages are for one person. */
  protected readonly viewer: string;

  constructor(context: DriverContext, channel: Channel, viewer = "") {
    this.context = context;
    this.channel = channel;
    this.viewer = viewer;
  }

  /** Of the channel. */
  get id(): string {
    return this.channel.id;
  }

  get name(): string {
    return this.channel.name;
  }

  /**
   * The next message from a bot: in order, each once. Rejects after the time-out and then tells what the journal has.
   * A message that was edited meanwhile comes as it reads now.
   */
  async hears({ from, ...options }: HearOptions = {}): Promise<Message> {
    const fits = (stored: StoredMessage) =>
      this.#isShown(stored) && stored.loading !== true && (from === undefined || stored.bot?.id === from.id);
    const stored = await this.context.watch.until(
      () => {
        const index = this.channel.unheard.findIndex(fits);
        return index < 0 ? undefined : this.channel.unheard.splice(index, 1)[0];
      },
      (timeoutMs) =>
        `Nobody said anything in ${this.#title} within ${timeoutMs} ms. The last calls of bots:\n${this.#tail()}`,
      options,
    );
    return this.#view(stored);
  }

  /** The first message here, as it reads now or later (after edits), that fits; heard or not. */
  async sees(predicate: (message: Message) => boolean, options: WaitOptions = {}): Promise<Message> {
    return await this.context.watch.until(
      () => this.messages().find(predicate),
      (timeoutMs) => {
        const texts = this.messages().map(({ author, content }) => `  ${author.username}: ${content}`);
        return `No such message was in ${this.#title} within ${timeoutMs} ms. There were:\n${texts.join("\n")}\nThe last calls of bots:\n${this.#tail()}`;
      },
      options,
    );
  }

  /** All messages as they read now, people's too, oldest first. The last 10 000 are kept. */
  messages(): Message[] {
    return [...this.channel.messages.values()]
      .filter((stored) => this.#isShown(stored))
      .map((stored) => this.#view(stored));
  }

  /** Whether somebody is shown typing now: told at most 10 s ago, and nothing said since. */
  typing(): boolean {
    const last = this.channel.typing.at(-1);
    return last !== undefined && !last.over && this.context.world.clock.now() - last.at < TYPING_SHOWN_MS;
  }

  /** Every time that a bot or a person showed typing, oldest first. The last 200 are kept. */
  typed(): readonly Typing[] {
    return this.channel.typing;
  }

  /** Resolves when somebody types, or with the typing that is shown now. */
  async seesTyping(options: WaitOptions = {}): Promise<Typing> {
    const before = this.channel.typing.at(-1);
    return await this.context.watch.until(
      () => {
        const last = this.channel.typing.at(-1);
        return this.typing() || last !== before ? last : undefined;
      },
      (timeoutMs) =>
        `Nobody typed in ${this.#title} within ${timeoutMs} ms. The last calls of bots:\n${this.#tail()}`,
      options,
    );
  }

  /** The emoji that bots and people have on a message, one for each who reacted. */
  reactions(message: MessageRef): string[] {
    const reactions = [...(this.channel.messages.get(message.id)?.reactions.values() ?? [])];
    return reactions.flatMap(({ emoji, users }) => [...users].map(() => emoji.name));
  }

  /** Resolves with the emoji on a message as soon as it has any. */
  async seesReaction(message: MessageRef, options: WaitOptions = {}): Promise<string[]> {
    return await this.context.watch.until(
      () => {
        const emoji = this.reactions(message);
        return emoji.length > 0 ? emoji : undefined;
      },
      (timeoutMs) =>
        `Nobody reacted to message ${message.id} in ${this.#title} within ${timeoutMs} ms. The last calls of bots:\n${this.#tail()}`,
      options,
    );
  }

  /** Resolves when the message is gone. */
  async seesDeletion(message: MessageRef, options: WaitOptions = {}): Promise<void> {
    await this.context.watch.until(
      () => (this.channel.messages.has(message.id) ? undefined : true),
      (timeoutMs) =>
        `The message ${message.id} was still in ${this.#title} after ${timeoutMs} ms. The last calls of bots:\n${this.#tail()}`,
      options,
    );
  }

  /** Ids of the pinned messages, newest pin first. */
  pins(): string[] {
    return [...this.channel.pins.keys()].reverse();
  }

  #view(stored: StoredMessage): Message {
    return viewOf(stored, { id: this.viewer, readsContent: true }, this.context.world.cdn);
  }

  #isShown({ ephemeralFor }: StoredMessage): boolean {
    return ephemeralFor === undefined || ephemeralFor === this.viewer;
  }

  get #title(): string {
    const { recipients, name } = this.channel;
    return this.channel.isDm
      ? `the chat of ${recipients.map(({ username }) => username).join(" and ")}`
      : `#${name}`;
  }

  #tail(): string {
    return this.context.requests.tail(8);
  }
}
