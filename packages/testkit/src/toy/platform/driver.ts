import type { WaitOptions, Watch } from "@elizaos/connector-simulators/kit";
import type { ButtonRows } from "./buttons.js";
import type { AccountRecord, ChatRecord, MessageRecord, PersonRecord } from "./records.js";
import { wireUser } from "./render.js";
import type { World } from "./world.js";

/** What every handle needs; records stay inside. */
export interface Stage {
  readonly world: World;
  readonly watch: Watch;
}

/** An account of the platform, for the config of a connector. */
export interface ToyAccount {
  readonly id: string;
  /** What people write after `@` to mention it. */
  readonly name: string;
  readonly token: string;
}

export interface ToyFile {
  readonly name: string;
  /** Media type. */
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** A message as it is now: edits and deletions show. */
export interface ToyMessage {
  readonly id: string;
  /** The chat's id now. */
  readonly chat: string;
  readonly thread: string | undefined;
  /** Name of the author. */
  readonly author: string;
  readonly text: string;
  readonly files: readonly ToyFile[];
  /** Rows of buttons under it. */
  readonly buttons: ButtonRows;
  readonly deleted: boolean;
  /** How often it was changed. */
  readonly edits: number;
  /** Text of the quoted message. */
  readonly quote: string | undefined;
  /** Emoji by the name of who reacted. */
  readonly reactions: Readonly<Record<string, string>>;
}

const recordOf = new WeakMap<ToyMessage, MessageRecord>();

export function handle(record: MessageRecord): ToyMessage {
  const message: ToyMessage = {
    id: record.id,
    thread: record.thread,
    author: record.author.name,
    quote: record.quote?.text,
    files: record.files.map(({ name, mediaType, bytes }) => ({ name, type: mediaType, bytes })),
    get chat() {
      return record.chat.id;
    },
    get text() {
      return record.text;
    },
    get buttons() {
      return record.buttons;
    },
    get edits() {
      return record.edits;
    },
    get deleted() {
      return record.deleted;
    },
    get reactions() {
      return Object.fromEntries([...record.reactions].map(([by, emoji]) => [by.name, emoji]));
    },
  };
  recordOf.set(message, record);
  return message;
}

export function recordBehind(message: ToyMessage): MessageRecord {
  const record = recordOf.get(message);
  if (record === undefined) throw new Error("This message was not made by this platform");
  return record;
}

export interface ToyPress {
  readonly id: string;
  /** Resolves when the account has said that the press arrived. */
  answered(options?: WaitOptions): Promise<void>;
}

export interface SayOptions {
  /** Whom to write to in private. Needed unless `in` is given. */
  readonly account?: ToyAccount;
  readonly in?: ToyGroup;
  /** Id from `ToyGroup.thread`. */
  readonly thread?: string;
  readonly quote?: ToyMessage;
  /** `size`: what the platform says of it, where that is not so. */
  readonly files?: readonly (ToyFile & { readonly size?: number })[];
}

/** A person with the platform's app in hand. */
export class ToyUser {
  readonly #stage: Stage;
  readonly #person: PersonRecord;

  constructor(stage: Stage, person: PersonRecord) {
    this.#stage = stage;
    this.#person = person;
  }

  /** The id by which accounts know the person now. */
  get id(): string {
    return wireUser(this.#person).id;
  }

  get name(): string {
    return this.#person.name;
  }

  /** Writes to an account in private or into a group. `@name` mentions the group's account of that name. */
  says(text: string, options: SayOptions): ToyMessage {
    const quote = options.quote === undefined ? undefined : recordBehind(options.quote);
    const { world } = this.#stage;
    const files = (options.files ?? []).map(({ name, type, bytes, size = bytes.length }) =>
      world.files.add({ owner: this.#person, name, mediaType: type, bytes, size }),
    );
    const record = world.say(this.#person, this.#chat(options), text, {
      thread: options.thread,
      quote,
      files,
    });
    this.#stage.watch.poke();
    return handle(record);
  }

  /** Gives an account a command, in private or in a group; everybody there reads it as `/name rest`. */
  gives(
    account: ToyAccount,
    name: string,
    rest: string,
    options: Pick<SayOptions, "in" | "thread"> = {},
  ): ToyMessage {
    const command = { name, account: accountBehind(this.#stage, account) };
    const { thread } = options;
    const text = `/${name} ${rest}`.trim();
    const record = this.#stage.world.say(this.#person, this.#chat({ account, ...options }), text, {
      thread,
      command,
    });
    this.#stage.watch.poke();
    return handle(record);
  }

  edits(message: ToyMessage, text: string): void {
    this.#stage.world.rewrite(recordBehind(message), text);
  }

  deletes(message: ToyMessage): void {
    this.#stage.world.remove(recordBehind(message), this.#person);
  }

  /** Null takes the reaction back. */
  reacts(message: ToyMessage, emoji: string | null): void {
    this.#stage.world.react(recordBehind(message), this.#person, emoji);
  }

  /** Presses the button with this label under an account's message. */
  presses(message: ToyMessage, label: string): ToyPress {
    const press = this.#stage.world.press(recordBehind(message), this.#person, label);
    this.#stage.watch.poke();
    return {
      id: press.id,
      answered: async (options = {}) => {
        await this.#stage.watch.until(
          () => press.taken || undefined,
          (ms) => `${press.account.name} did not take the press of "${label}" within ${ms} ms`,
          options,
        );
      },
    };
  }

  reads(message: ToyMessage): void {
    this.#stage.world.report(recordBehind(message), "read");
  }

  /** The next message of an account that was not heard before. Rejects when none comes in time. */
  async hears(options: WaitOptions = {}): Promise<ToyMessage> {
    const { ear, name } = this.#person;
    const next = () => ear[this.#person.heard];
    const record = await this.#stage.watch.until(
      next,
      (ms) =>
        `${name} heard nothing new within ${ms} ms; before: ${JSON.stringify(ear.slice(-5).map((each) => each.text))}`,
      options,
    );
    this.#person.heard += 1;
    return handle(record);
  }

  /** Everything that accounts ever said to the person, oldest first; waits for nothing. */
  heard(): readonly ToyMessage[] {
    return this.#person.ear.map(handle);
  }

  /** Resolves when everything heard so far fits. */
  async sees(
    condition: (messages: readonly ToyMessage[]) => boolean,
    options: WaitOptions = {},
  ): Promise<void> {
    const fits = () => (condition(this.heard()) ? true : undefined);
    await this.#stage.watch.until(
      fits,
      (ms) => `Not seen by ${this.name} within ${ms} ms: ${JSON.stringify(this.heard().slice(-5))}`,
      options,
    );
  }

  /** Accounts are told the person's second id and see only that from now on. */
  revealsNumber(): void {
    this.#stage.world.reveal(this.#person);
  }

  /** Messages to the person are taken, and reported as failed `afterMs` later (0: before they are answered); null ends it. */
  goesDark(dark: { readonly afterMs: number; readonly reason: string } | null): void {
    this.#person.dark = dark ?? undefined;
  }

  blocks(account: ToyAccount): void {
    const record = accountBehind(this.#stage, account);
    this.#stage.world.privateChat(this.#person, record).blocked.add(record);
  }

  /** Id of the private chat with an account. */
  chatWith(account: ToyAccount): string {
    return this.#stage.world.privateChat(this.#person, accountBehind(this.#stage, account)).id;
  }

  #chat(options: SayOptions): ChatRecord {
    if (options.in !== undefined) return options.in.record;
    if (options.account !== undefined)
      return this.#stage.world.privateChat(this.#person, accountBehind(this.#stage, options.account));
    throw new Error("Say where: `account` for a private message, `in` for a group");
  }
}

export class ToyGroup {
  /** For the platform's own use. */
  readonly record: ChatRecord;
  readonly #stage: Stage;

  constructor(stage: Stage, record: ChatRecord) {
    this.#stage = stage;
    this.record = record;
  }

  get id(): string {
    return this.record.id;
  }

  /** Opens a thread and gives its id. */
  thread(title: string): string {
    return this.#stage.world.addThread(this.record, title);
  }

  /** The group gets another id; accounts are told, and the old id is refused. */
  moves(): void {
    this.#stage.world.move(this.record);
  }

  /** The account may not write here any more. */
  silences(account: ToyAccount): void {
    this.record.blocked.add(accountBehind(this.#stage, account));
  }

  /** All messages, oldest first. */
  messages(): readonly ToyMessage[] {
    return [...this.record.messages.values()].map(handle);
  }
}

export function accountBehind({ world }: Stage, account: ToyAccount): AccountRecord {
  const record = world.accounts.find((each) => each.id === account.id);
  if (record === undefined) throw new Error(`This platform has no account "${account.name}"`);
  return record;
}
