import type { Message } from "@grammyjs/types";
import type { WaitOptions } from "../../kit/watch.js";
import type { ChatAction, ShownDraft, SimChat } from "../chat.js";
import type { DriverContext } from "./context.js";

/** A chat action is shown this long (Bot API, sendChatAction). */
const TYPING_SHOWN_MS = 5_000;

export interface HearOptions extends WaitOptions {
  /** Only messages in this topic. */
  thread?: number;
  /** Only messages of this bot. */
  from?: { readonly username: string };
}

/** What people see of a chat, or of one topic in it. */
export class Conversation {
  protected readonly context: DriverContext;
  protected readonly chat: SimChat;
  /** The topic; undefined for the whole chat. */
  protected readonly thread: number | undefined;

  constructor(context: DriverContext, chat: SimChat, thread?: number) {
    this.context = context;
    this.chat = chat;
    this.thread = thread;
  }

  /** The id of the chat. */
  get id(): number {
    return this.chat.id;
  }

  /**
   * The next message from a bot: in order, each once. Rejects after the time-out and then tells what the journal has.
   * A message that was edited meanwhile comes as it reads now.
   */
  async hears({ thread, from, ...options }: HearOptions = {}): Promise<Message> {
    const fits = (message: Message) =>
      this.#isHere(message) &&
      (thread === undefined || message.message_thread_id === thread) &&
      (from === undefined || message.from?.username === from.username);
    const stored = await this.context.watch.until(
      () => {
        const index = this.chat.unheard.findIndex((candidate) => fits(candidate.message));
        return index < 0 ? undefined : this.chat.unheard.splice(index, 1)[0];
      },
      (timeoutMs) =>
        `Nobody said anything in ${this.#name} within ${timeoutMs} ms. The last calls of bots:\n${this.#tail()}`,
      options,
    );
    return stored.message;
  }

  /** The first message in the chat, as it reads now or later (after edits), that fits; heard or not. */
  async sees(predicate: (message: Message) => boolean, options: WaitOptions = {}): Promise<Message> {
    return await this.context.watch.until(
      () => this.messages().find(predicate),
      (timeoutMs) => {
        const texts = this.messages().map(
          (message) => `  ${message.from?.first_name ?? ""}: ${message.text ?? "(no text)"}`,
        );
        return `No such message was in ${this.#name} within ${timeoutMs} ms. There were:\n${texts.join("\n")}\nThe last calls of bots:\n${this.#tail()}`;
      },
      options,
    );
  }

  /** What a bot shows of an answer that it is still writing (sendMessageDraft): for 30 s, and until it says something. Each topic has its own. */
  draft(): ShownDraft | undefined {
    return this.chat.draftAt(this.context.world.clock.now(), this.thread);
  }

  /** Resolves with the first draft that fits. */
  async seesDraft(predicate: (draft: ShownDraft) => boolean, options: WaitOptions = {}): Promise<ShownDraft> {
    return await this.context.watch.until(
      () => {
        const draft = this.draft();
        return draft !== undefined && predicate(draft) ? draft : undefined;
      },
      (timeoutMs) =>
        `No such draft was shown in ${this.#name} within ${timeoutMs} ms; there is “${this.draft()?.text ?? ""}”. The last calls of bots:\n${this.#tail()}`,
      options,
    );
  }

  /** Telegram refuses drafts here from now on, as it does in some private chats. */
  refusesDrafts(): void {
    this.chat.refusesDrafts = true;
  }

  /** All messages of the chat as they read now, people's too, oldest first. The last 1000 are kept. */
  messages(): Message[] {
    return [...this.chat.messages.values()]
      .map((stored) => stored.message)
      .filter((message) => this.#isHere(message));
  }

  /** Whether "typing..." (or another action) is shown now: told at most 5 s ago, and nothing said since. */
  typing(): boolean {
    const last = this.actions().at(-1);
    return last !== undefined && !last.over && this.context.world.clock.now() - last.at < TYPING_SHOWN_MS;
  }

  /** Resolves with the next chat action, or with the one that is shown now. */
  async seesTyping(options: WaitOptions = {}): Promise<ChatAction> {
    const before = this.actions().length;
    return await this.context.watch.until(
      () => {
        const actions = this.actions();
        return this.typing() || actions.length > before ? actions.at(-1) : undefined;
      },
      (timeoutMs) =>
        `No bot typed in ${this.#name} within ${timeoutMs} ms. The last calls of bots:\n${this.#tail()}`,
      options,
    );
  }

  /** All chat actions of bots here, oldest first. The last 200 are kept. */
  actions(): ChatAction[] {
    return this.chat.actions.filter((action) => this.thread === undefined || action.thread === this.thread);
  }

  /** Ids of the messages that are pinned, the first pinned first. */
  pinned(): number[] {
    return [...this.chat.pinned];
  }

  /** The emoji that bots and people have on a message. */
  reactions(message: Pick<Message, "message_id">): string[] {
    const stored = this.chat.messages.get(message.message_id);
    const reactions = [...(stored?.reactions.values() ?? [])].flat();
    return reactions.map((reaction) => (reaction.type === "emoji" ? reaction.emoji : reaction.type));
  }

  /** Resolves with the emoji on a message as soon as it has any. */
  async seesReaction(message: Pick<Message, "message_id">, options: WaitOptions = {}): Promise<string[]> {
    return await this.context.watch.until(
      () => {
        const emoji = this.reactions(message);
        return emoji.length > 0 ? emoji : undefined;
      },
      (timeoutMs) =>
        `Nobody reacted to message ${message.message_id} in ${this.#name} within ${timeoutMs} ms. The last calls of bots:\n${this.#tail()}`,
      options,
    );
  }

  get #name(): string {
    const topic =
      this.thread === undefined ? "" : `, topic "${this.chat.topics.get(this.thread)?.name ?? this.thread}"`;
    const { peers } = this.chat;
    return peers === undefined
      ? `"${this.chat.title}"${topic}`
      : `the chat of ${peers.user.first_name} with @${peers.bot.user.username}`;
  }

  #isHere(message: Message): boolean {
    return this.thread === undefined || message.message_thread_id === this.thread;
  }

  #tail(): string {
    return this.context.requests.tail(8);
  }
}
