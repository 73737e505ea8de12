import type {
  BotCommand,
  CallbackQuery,
  Message,
  MessageEntity,
  MessageReactionUpdated,
  User,
} from "@grammyjs/types";
import { SimulatorError } from "../../kit/errors.js";
import type { WaitOptions } from "../../kit/watch.js";
import type { CallbackState } from "../bot.js";
import type { Author, SimChat, StoredMessage } from "../chat.js";
import { menuOf } from "../menu.js";
import { reactionOf } from "../methods/reactions.js";
import { vote } from "../polls.js";
import { withDetectedEntities } from "../text/detect.js";
import { parseHtml } from "../text/html.js";
import type { Draft } from "../world.js";
import type { DriverContext } from "./context.js";
import { Conversation } from "./conversation.js";
import { type Media, mediaContent } from "./media.js";

export interface SayOptions {
  /** The text is Telegram's HTML, as if the person had formatted it. Default: plain text. */
  html?: boolean;
  /** Entities beside those that Telegram finds by itself (mentions, commands, links, ...). */
  entities?: readonly MessageEntity[];
  replyTo?: Pick<Message, "message_id">;
  /** The part of the replied message that is quoted. */
  quote?: string;
  /** The inline bot through which the message was sent. */
  viaBot?: { readonly user: User };
}

export interface SendOptions extends SayOptions {
  caption?: string;
}

/** A command in the menu that clients show. */
export interface MenuItem extends BotCommand {
  /** Username of the bot that it is for. */
  readonly bot: string;
}

/** A press of an inline button. */
export interface Press {
  /** `callback_query.id` */
  id: string;
  /** What the bot answered it with. */
  answered(options?: WaitOptions): Promise<NonNullable<CallbackState["answer"]>>;
}

/** Somebody in a chat: says, edits, replies, reacts, presses, sends. Every step resolves with the message it made. */
export class Speaker extends Conversation {
  readonly #author: Author;

  constructor(context: DriverContext, chat: SimChat, author: Author, thread?: number) {
    super(context, chat, thread);
    this.#author = author;
  }

  async says(text: string, options: SayOptions = {}): Promise<Message> {
    if (text === "") throw new SimulatorError("Telegram has no empty messages; give a text.");
    const { text: plain, entities } = this.#format(text, options);
    return this.#post({ text: plain, ...(entities.length > 0 ? { entities } : {}) }, options);
  }

  /** The commands that the chat's bots show this person here, as clients list them. */
  menu(): readonly MenuItem[] {
    const author = this.#author;
    if (author.kind !== "user") return [];
    const { bots } = this.context.world;
    const here = this.chat.peers === undefined ? [...bots.values()] : [this.chat.peers.bot];
    return here
      .filter((bot) => this.chat.peers !== undefined || this.chat.isMember(bot.user.id))
      .flatMap((bot) =>
        menuOf(bot, this.chat, author.user).map((each) => ({ ...each, bot: bot.user.username })),
      );
  }

  /** Resolves with the menu as soon as it has these commands and no others, in this order. */
  async seesMenu(names: readonly string[], options: WaitOptions = {}): Promise<readonly MenuItem[]> {
    const shown = () => this.menu().map(({ command }) => command);
    return await this.context.watch.until(
      () => (shown().join() === names.join() ? this.menu() : undefined),
      (timeoutMs) =>
        `The menu was not ${names.join(", ")} within ${timeoutMs} ms, but: ${shown().join(", ") || "empty"}. The last calls of bots:\n${this.context.requests.tail(8)}`,
      options,
    );
  }

  /** Picks a command from the menu and writes the rest behind it. In groups clients add the bot's name. */
  async picks(command: string, rest = "", options: SayOptions = {}): Promise<Message> {
    const name = command.replace(/^\//, "");
    const item = this.menu().find((each) => each.command === name);
    if (item === undefined) {
      const shown = this.menu().map((each) => `/${each.command}`);
      throw new SimulatorError(`The menu has no /${name}. It has: ${shown.join(", ") || "nothing"}.`);
    }
    const to = this.chat.peers === undefined ? `@${item.bot}` : "";
    return await this.says(`/${name}${to} ${rest}`.trim(), options);
  }

  async replies(to: Pick<Message, "message_id">, text: string, options: SayOptions = {}): Promise<Message> {
    return await this.says(text, { ...options, replyTo: to });
  }

  async sends(media: Media, options: SendOptions = {}): Promise<Message> {
    return this.#post(
      { ...mediaContent(this.context.world.files, media), ...this.#caption(options) },
      options,
    );
  }

  /** Several files as one album: one message each, with the same `media_group_id`; the caption stands on the first. */
  async sendsAlbum(media: readonly Media[], options: SendOptions = {}): Promise<Message[]> {
    if (media.length < 2 || media.length > 10) throw new SimulatorError("An album has 2 to 10 files.");
    const media_group_id = String(13_000_000_000_000_000n + BigInt(this.context.world.unique()));
    return media.map((item, index) => {
      const caption = index === 0 ? this.#caption(options) : {};
      return this.#post(
        { ...mediaContent(this.context.world.files, item), ...caption, media_group_id },
        options,
      );
    });
  }

  /** Forwards a message of any chat. With `hidden`, its author does not let forwards link to the account. */
  async forwards(original: Message, { hidden = false }: { hidden?: boolean } = {}): Promise<Message> {
    const { date, chat, from, sender_chat, message_id } = original;
    const content = contentOf(original);
    if (chat.type === "channel")
      return this.#post({ ...content, forward_origin: { type: "channel", date, chat, message_id } });
    if (sender_chat !== undefined)
      return this.#post({ ...content, forward_origin: { type: "chat", date, sender_chat } });
    if (from === undefined) throw new SimulatorError("Only a message with a sender can be forwarded.");
    return this.#post({
      ...content,
      forward_origin: hidden
        ? { type: "hidden_user", date, sender_user_name: from.first_name }
        : { type: "user", date, sender_user: from },
    });
  }

  /** Changes the text, or the caption, of an own message. */
  async edits(
    message: Pick<Message, "message_id">,
    text: string,
    options: SayOptions = {},
  ): Promise<Message> {
    const stored = this.#find(message);
    if (!sameAuthor(stored.author, this.#author))
      throw new SimulatorError("One can edit only one's own messages.");
    const { text: plain, entities } = this.#format(text, options);
    const {
      text: oldText,
      entities: _,
      caption: __,
      caption_entities: ___,
      ...rest
    } = contentOf(stored.message);
    const marked = entities.length > 0;
    const changed =
      oldText === undefined
        ? { caption: plain, ...(marked ? { caption_entities: entities } : {}) }
        : { text: plain, ...(marked ? { entities } : {}) };
    this.context.world.edit(this.chat, stored, { ...rest, ...changed });
    return stored.message;
  }

  /** Deletes a message. Bots are not told (Telegram has no such update). */
  async deletes(message: Pick<Message, "message_id">): Promise<void> {
    this.#find(message);
    this.chat.remove(message.message_id);
    this.context.world.changed();
  }

  /** Sets the reaction, or takes it away with `null`. Bots in groups learn of it only as administrators. */
  async reacts(message: Pick<Message, "message_id">, emoji: string | null): Promise<void> {
    const stored = this.#find(message);
    const author = this.#author;
    if (author.kind !== "user") throw new SimulatorError("Only a person can react here.");
    const reaction = emoji === null ? undefined : reactionOf(emoji);
    if (emoji !== null && reaction === undefined)
      throw new SimulatorError(`${emoji} is not one of Telegram's reactions.`);
    const update: MessageReactionUpdated = {
      chat: this.chat.info,
      message_id: message.message_id,
      user: author.user,
      date: this.context.world.date,
      old_reaction: stored.reactions.get(author.user.id) ?? [],
      new_reaction: reaction === undefined ? [] : [reaction],
    };
    stored.reactions.set(author.user.id, update.new_reaction);
    for (const bot of this.context.world.bots.values()) {
      const learns =
        this.chat.peers === undefined ? this.chat.isAdmin(bot.user.id) : this.chat.peers.bot === bot;
      if (learns) bot.updates.push("message_reaction", update);
    }
    this.context.world.changed();
  }

  /**
   * Chooses these options of a bot's poll, counted from 0; none takes the vote back. The bot learns the new counts, and who it was unless the
   * poll is anonymous.
   */
  async votes(message: Pick<Message, "message_id">, options: readonly number[]): Promise<void> {
    const stored = this.#find(message);
    if (this.#author.kind !== "user") throw new SimulatorError("Only a person can vote here.");
    vote(stored, this.#author.user, options);
    this.context.world.changed();
  }

  /** Presses the inline button with this text under a bot's message. */
  async presses(message: Pick<Message, "message_id">, label: string): Promise<Press> {
    const stored = this.#find(message);
    const buttons = (stored.message.reply_markup?.inline_keyboard ?? []).flat();
    const button = buttons.find((candidate) => candidate.text === label);
    const { author } = stored;
    if (button === undefined || author.kind !== "bot" || this.#author.kind !== "user") {
      const labels = buttons.map((candidate) => `"${candidate.text}"`).join(", ") || "none";
      throw new SimulatorError(`The message has no button "${label}". Its buttons: ${labels}.`);
    }
    if (!("callback_data" in button))
      throw new SimulatorError(`The button "${label}" sends nothing to the bot.`);
    return this.#query(stored, button.callback_data ?? "");
  }

  /** Sends what a button of the message would send, whether there is such a button or not, as a client of one's own can. */
  async forges(message: Pick<Message, "message_id">, data: string): Promise<Press> {
    return this.#query(this.#find(message), data);
  }

  #query(stored: StoredMessage, data: string): Press {
    const { author } = stored;
    if (author.kind !== "bot" || this.#author.kind !== "user")
      throw new SimulatorError("Only a person can press, and only under a bot's message.");
    const query: CallbackQuery = {
      id: `${this.#author.user.id}${String(this.context.world.unique()).padStart(8, "0")}`,
      from: this.#author.user,
      message: stored.message,
      chat_instance: String(this.chat.id),
      data,
    };
    const { bot } = author;
    bot.addCallback(query.id, query.from.id);
    bot.updates.push("callback_query", query);
    return {
      id: query.id,
      answered: (options) =>
        this.context.watch.until(
          () => bot.callbacks.get(query.id)?.answer,
          (timeoutMs) => `@${bot.user.username} did not answer the press "${data}" within ${timeoutMs} ms.`,
          options,
        ),
    };
  }

  #post(draft: Draft, { replyTo, quote, viaBot }: SayOptions = {}): Message {
    this.#checkMaySpeak();
    const replied = replyTo === undefined ? undefined : this.#find(replyTo);
    const position = replied?.message.text?.indexOf(quote ?? "") ?? 0;
    const extra: Draft = {
      ...(quote === undefined
        ? {}
        : { quote: { text: quote, position: Math.max(0, position), is_manual: true } }),
      ...(viaBot === undefined ? {} : { via_bot: viaBot.user }),
    };
    if (this.chat.peers !== undefined) this.chat.started = true;
    const options = { replyTo: replied, thread: this.thread };
    return this.context.world.post(this.chat, this.#author, { ...draft, ...extra }, options).message;
  }

  #checkMaySpeak(): void {
    const author = this.#author;
    if (author.kind !== "user") return;
    if (this.chat.blocked) {
      throw new SimulatorError(
        `${author.user.first_name} has blocked the bot and must unblock it before writing.`,
      );
    }
    if (this.chat.migratedTo !== undefined) {
      throw new SimulatorError(
        `The group "${this.chat.title}" became a supergroup; use what migrates() returned.`,
      );
    }
    if (this.chat.peers === undefined && !this.chat.isMember(author.user.id)) {
      throw new SimulatorError(`${author.user.first_name} is not a member of "${this.chat.title}".`);
    }
  }

  #format(text: string, { html = false, entities = [] }: SayOptions) {
    const formatted = html ? parseHtml(text, this.context.world.findUser) : { text, entities: [...entities] };
    return { text: formatted.text, entities: withDetectedEntities(formatted.text, formatted.entities) };
  }

  #caption({ caption, ...options }: SendOptions): Draft {
    if (caption === undefined) return {};
    const { text, entities } = this.#format(caption, options);
    return { caption: text, ...(entities.length > 0 ? { caption_entities: entities } : {}) };
  }

  #find({ message_id }: Pick<Message, "message_id">): StoredMessage {
    const stored = this.chat.messages.get(message_id);
    if (stored === undefined)
      throw new SimulatorError(`There is no message ${message_id} in "${this.chat.title}" (any more).`);
    return stored;
  }
}

function sameAuthor(a: Author, b: Author): boolean {
  if (a.kind === "user" && b.kind === "user") return a.user.id === b.user.id;
  if (a.kind === "channel" && b.kind === "channel") return a.channel === b.channel;
  return a.kind === b.kind && a.kind === "anonymous";
}

/** The content of a message without what belongs to its place in a chat. */
function contentOf(message: Message): Draft {
  const { message_id, date, chat, from, sender_chat, reply_to_message, ...rest } = message;
  const {
    edit_date,
    message_thread_id,
    is_topic_message,
    author_signature,
    quote,
    forward_origin,
    ...content
  } = rest;
  return content;
}
