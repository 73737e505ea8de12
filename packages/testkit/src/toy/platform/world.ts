import type { Clock } from "@elizaos/connector-core";
import type { WireBody, WireTicket } from "../wire.js";
import { type ButtonRows, checkButtons, Presses, type PressRecord } from "./buttons.js";
import { type FileRecord, type FileRules, Files } from "./files.js";
import { Memory } from "./memory.js";
import {
  type AccountRecord,
  type Being,
  type ChatRecord,
  type CommandRecord,
  type MessageRecord,
  newAccount,
  newPerson,
  type PersonRecord,
  Refusal,
} from "./records.js";
import { wireChat, wireMessage, wirePlace, wireUser } from "./render.js";

/** Facts of the platform that a test may choose. */
export interface Rules extends FileRules {
  /** Longest text of one message, in UTF-8 bytes. */
  readonly textBytes: number;
  /** How long a ticket lasts, in ms. */
  readonly ticketMs: number;
  readonly tickets: "optional" | "required";
  readonly idempotency: "none" | "native" | "detect";
  /** How long a repeated key is known, in ms. */
  readonly keyWindowMs: number;
  /** Events name a message and its author; what it says has to be asked for. */
  readonly thin: boolean;
}

export interface SendInput {
  readonly chat: string;
  readonly thread?: string | undefined;
  readonly text: string;
  readonly quote?: string | undefined;
  readonly ticket?: string | undefined;
  readonly key?: string | undefined;
  readonly note?: string | undefined;
  /** Ids of files that the account brought before. */
  readonly files?: readonly string[] | undefined;
  readonly buttons?: ButtonRows | undefined;
}

/** Older messages of a chat, and of what one person heard, are forgotten beyond this. */
const MESSAGES_PER_CHAT = 20_000;

/** Who is where, what was said, and what the platform refuses. Knows nothing of HTTP. */
export class World {
  readonly rules: Rules;
  readonly accounts: AccountRecord[] = [];
  readonly people: PersonRecord[] = [];
  readonly chats: ChatRecord[] = [];
  readonly files: Files;
  readonly presses: Presses;
  readonly #clock: Clock;
  readonly #emit: (account: AccountRecord, body: WireBody) => void;
  readonly #tickets: Memory<{ readonly chat: ChatRecord; readonly account: AccountRecord }>;
  readonly #keys: Memory<MessageRecord>;
  #lastId = 0;

  constructor(rules: Rules, clock: Clock, emit: (account: AccountRecord, body: WireBody) => void) {
    this.rules = rules;
    this.files = new Files(rules, clock);
    this.presses = new Presses(clock);
    this.#clock = clock;
    this.#emit = emit;
    this.#tickets = new Memory(clock, rules.ticketMs);
    this.#keys = new Memory(clock, rules.keyWindowMs);
  }

  addAccount(name: string): AccountRecord {
    const account = newAccount(this.#id("b"), name);
    this.accounts.push(account);
    return account;
  }

  addPerson(name: string): PersonRecord {
    const person = newPerson(this.#id("u"), this.#id("n"), name);
    this.people.push(person);
    return person;
  }

  addGroup(title: string, people: readonly PersonRecord[], accounts: readonly AccountRecord[]): ChatRecord {
    const chat = this.#addChat("group", title, people, accounts);
    const [by] = people;
    if (by !== undefined) {
      for (const account of accounts)
        this.#emit(account, { type: "added", chat: wireChat(chat), by: wireUser(by) });
    }
    return chat;
  }

  /** The private chat of two, made when it is first needed. */
  privateChat(person: PersonRecord, account: AccountRecord): ChatRecord {
    const known = this.chats.find(
      (chat) => chat.kind === "private" && chat.people.has(person) && chat.accounts.has(account),
    );
    return known ?? this.#addChat("private", undefined, [person], [account]);
  }

  addThread(chat: ChatRecord, title: string): string {
    const id = this.#id("t");
    chat.threads.set(id, title);
    return id;
  }

  /** What a person or an account says; everybody in the chat is told, the author's own account included. */
  say(
    author: Being,
    chat: ChatRecord,
    text: string,
    more: {
      thread?: string | undefined;
      quote?: MessageRecord | undefined;
      note?: string | undefined;
      files?: readonly FileRecord[];
      buttons?: ButtonRows | undefined;
      command?: CommandRecord | undefined;
    },
  ): MessageRecord {
    chat.lastMessage += 1;
    const message: MessageRecord = {
      id: String(chat.lastMessage),
      chat,
      thread: more.thread,
      author,
      text,
      quote: more.quote,
      files: more.files ?? [],
      buttons: more.buttons ?? [],
      at: this.#clock.now(),
      deleted: false,
      edits: 0,
      reactions: new Map(),
      note: more.note,
      command: more.command,
    };
    chat.messages.set(message.id, message);
    const [oldest] = chat.messages.keys();
    if (chat.messages.size > MESSAGES_PER_CHAT && oldest !== undefined) chat.messages.delete(oldest);
    this.#tellOf(message, "said");
    if (author.type === "account") this.#reach(message);
    return message;
  }

  /** @param buttons absent: they stay; none: they go */
  rewrite(message: MessageRecord, text: string, buttons?: ButtonRows): void {
    if (buttons !== undefined) checkButtons(buttons);
    message.text = text;
    message.buttons = buttons ?? message.buttons;
    message.edits += 1;
    this.#tellOf(message, "edited");
  }

  remove(message: MessageRecord, by: Being): void {
    message.deleted = true;
    for (const account of message.chat.accounts) {
      this.#emit(account, {
        type: "deleted",
        ...wirePlace(message),
        by: wireUser(by),
        message: message.id,
      });
    }
  }

  react(message: MessageRecord, by: Being, emoji: string | null): void {
    const before = message.reactions.get(by);
    if (emoji === null) message.reactions.delete(by);
    else message.reactions.set(by, emoji);
    const changed = emoji ?? before;
    if (changed === undefined) return;
    for (const account of message.chat.accounts) {
      this.#emit(account, {
        type: "reacted",
        ...wirePlace(message),
        by: wireUser(by),
        message: message.id,
        emoji: changed,
        on: emoji !== null,
      });
    }
  }

  /** Brings the data of a button to the account under whose message it stands. */
  press(message: MessageRecord, by: PersonRecord, label: string): PressRecord {
    const button = message.buttons.flat().find((each) => each.label === label);
    const { author: account, chat } = message;
    if (button === undefined || account.type !== "account")
      throw new Error(`The message has no button "${label}"`);
    if (!("data" in button)) throw new Error(`The button "${label}" tells nobody: it is a link`);
    const press = this.presses.add(this.#id("press"), account);
    this.#emit(account, {
      type: "pressed",
      ...wirePlace(message),
      by: wireUser(by),
      message: message.id,
      press: press.id,
      data: button.data,
      ticket: this.#ticket(chat, account),
    });
    return press;
  }

  /** From here on accounts know the person by the second id. */
  reveal(person: PersonRecord): void {
    if (person.revealed) return;
    person.revealed = true;
    const told = new Set(
      this.chats.filter((chat) => chat.people.has(person)).flatMap((chat) => [...chat.accounts]),
    );
    for (const account of told) this.#emit(account, { type: "alias", old: person.id, now: person.number });
  }

  /** The chat gets another id; the old one is refused and names the new one. */
  move(chat: ChatRecord): void {
    const old = chat.id;
    chat.former.push(old);
    chat.id = this.#id(chat.kind === "group" ? "g" : "p");
    for (const account of chat.accounts) this.#emit(account, { type: "alias", old, now: chat.id });
  }

  /** All tickets end before their time. */
  endTickets(): void {
    this.#tickets.clear();
  }

  report(message: MessageRecord, status: "delivered" | "read" | "failed", reason?: string): void {
    if (message.author.type !== "account") return;
    const base = { type: "status", chat: wireChat(message.chat), message: message.id, status } as const;
    this.#emit(message.author, reason === undefined ? base : { ...base, reason });
  }

  /** What an account asks for. Throws `Refusal`. */
  send(
    account: AccountRecord,
    input: SendInput,
  ): { readonly message: MessageRecord; readonly ticket: WireTicket } {
    const chat = this.chatFor(account, input.chat);
    if (input.key !== undefined && this.rules.idempotency !== "native")
      throw new Refusal(400, "unknown-field", "key");
    if (input.note !== undefined && this.rules.idempotency !== "detect")
      throw new Refusal(400, "unknown-field", "note");
    const files = (input.files ?? []).map((id) => this.#ownFile(account, id));
    if (input.text !== "" || files.length === 0) this.checkText(input.text);
    checkButtons(input.buttons ?? []);
    if (input.thread !== undefined && !chat.threads.has(input.thread))
      throw new Refusal(404, "unknown-thread", input.thread);
    const quote = input.quote === undefined ? undefined : this.messageIn(chat, input.quote);
    const key = input.key === undefined ? undefined : `${account.id}/${input.key}`;
    const repeated = key === undefined ? undefined : this.#keys.get(key);
    if (repeated !== undefined) return { message: repeated, ticket: this.#ticket(chat, account) };
    this.#checkTicket(account, chat, input.ticket);
    const { thread, note, buttons } = input;
    const message = this.say(account, chat, input.text, { thread, quote, note, files, buttons });
    if (key !== undefined) this.#keys.put(key, message);
    return { message, ticket: this.#ticket(chat, account) };
  }

  #ownFile(account: AccountRecord, id: string): FileRecord {
    const file = this.files.get(id);
    if (file.owner !== account) throw new Refusal(403, "not-yours", id);
    return file;
  }

  chatFor(account: AccountRecord, id: string): ChatRecord {
    const moved = this.chats.find((chat) => chat.former.includes(id) && chat.accounts.has(account));
    if (moved !== undefined)
      throw new Refusal(409, "chat-moved", `${id} is called ${moved.id} now`, { now: moved.id });
    const chat = this.chats.find((each) => each.id === id && each.accounts.has(account));
    if (chat === undefined) throw new Refusal(404, "unknown-chat", id);
    if (chat.blocked.has(account))
      throw new Refusal(403, "blocked", `${account.name} may not write in ${id}`);
    return chat;
  }

  messageIn(chat: ChatRecord, id: string): MessageRecord {
    const message = chat.messages.get(id);
    if (message === undefined || message.deleted) throw new Refusal(404, "unknown-message", id);
    return message;
  }

  checkText(text: string): void {
    const bytes = Buffer.byteLength(text);
    if (bytes === 0) throw new Refusal(400, "empty-text", "a message needs text");
    if (bytes > this.rules.textBytes)
      throw new Refusal(413, "text-too-long", `${bytes} of ${this.rules.textBytes} bytes`);
  }

  #addChat(
    kind: "private" | "group",
    title: string | undefined,
    people: readonly PersonRecord[],
    accounts: readonly AccountRecord[],
  ): ChatRecord {
    const chat: ChatRecord = {
      id: this.#id(kind === "group" ? "g" : "p"),
      former: [],
      kind,
      title,
      accounts: new Set(accounts),
      people: new Set(people),
      threads: new Map(),
      messages: new Map(),
      lastMessage: 0,
      blocked: new Set(),
    };
    this.chats.push(chat);
    return chat;
  }

  #id(prefix: string): string {
    this.#lastId += 1;
    return `${prefix}-${this.#lastId}`;
  }

  #tellOf(message: MessageRecord, type: "said" | "edited"): void {
    for (const account of message.chat.accounts) {
      const base = {
        type,
        ...wirePlace(message),
        message: this.rules.thin
          ? { id: message.id, author: wireUser(message.author), mentions: [], files: [] }
          : wireMessage(message),
        ...(type === "said" && message.command?.account === account && { command: message.command.name }),
      };
      // The account's own words come back to it like everybody else's, without leave to answer them.
      this.#emit(
        account,
        message.author === account ? base : { ...base, ticket: this.#ticket(message.chat, account) },
      );
    }
  }

  #ticket(chat: ChatRecord, account: AccountRecord): WireTicket {
    const value = this.#id("ticket");
    return { value, expires: this.#tickets.put(value, { chat, account }) };
  }

  #checkTicket(account: AccountRecord, chat: ChatRecord, value: string | undefined): void {
    if (value === undefined) {
      if (this.rules.tickets === "required")
        throw new Refusal(403, "ticket-required", "answer with the ticket of a message");
      return;
    }
    const ticket = this.#tickets.get(value);
    if (ticket === undefined || ticket.account !== account || ticket.chat !== chat)
      throw new Refusal(403, "ticket-expired", value);
  }

  /** Brings an account's message to the people of the chat; those who went dark fail it later. */
  #reach(message: MessageRecord): void {
    for (const person of message.chat.people) {
      const { dark } = person;
      if (dark === undefined) {
        person.ear.push(message);
        if (person.ear.length <= MESSAGES_PER_CHAT) continue;
        person.ear.shift();
        person.heard = Math.max(0, person.heard - 1);
      } else if (dark.afterMs === 0) {
        this.report(message, "failed", dark.reason);
      } else {
        this.#clock.after(dark.afterMs, () => this.report(message, "failed", dark.reason));
      }
    }
  }
}
