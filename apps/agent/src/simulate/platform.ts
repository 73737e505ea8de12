import type { AdminClient } from "./admin-client.js";

/** Somebody on the simulated platform. */
export interface Person {
  readonly id: string;
  readonly name: string;
  /** Without the `@`. */
  readonly username?: string | undefined;
}

/** What somebody is to be known by. */
export interface NewPerson {
  readonly name: string;
  readonly username?: string;
  readonly id?: string;
}

/** Where somebody writes. */
export type Where =
  | { readonly kind: "private" }
  | { readonly kind: "group"; readonly chat: string; readonly topic?: string };

/** A message as people see it. */
export interface Said {
  readonly id: string;
  readonly chat: string;
  readonly thread: string | null;
  readonly text: string;
  /** Labels of the buttons under it. */
  readonly buttons: readonly string[];
  /** For people: where it stands, if that is not where they are looking, and how to go there. */
  readonly elsewhere?: string | undefined;
}

/** What somebody did, as the host's events tell of it. */
export interface Deed {
  readonly kind: "message" | "command" | "button";
  /** Id of the message that was written or whose button was pressed; a command may have none. */
  readonly message?: string;
}

/** A group that somebody has come to. */
export interface Group {
  readonly chat: string;
  /** What was asked for is a topic of it. */
  readonly topic?: string;
  /** For people, to follow "in". */
  readonly name: string;
}

/** People on the simulated platform, and what they see of one bot. */
export interface Door {
  /** The bot's username, without the `@`. */
  readonly bot: string;
  /** The text as somebody writes it who means the bot. */
  addressed(text: string): string;
  people(): Promise<readonly Person[]>;
  /** @throws UserError when the platform has no such ids or names */
  addPerson(facts: NewPerson): Promise<Person>;
  /** Takes the person to a group, by id or name, which is made if it is not there. */
  enterGroup(person: Person, wanted: string): Promise<Group>;
  /** Does nothing for a member. */
  join(person: Person, chat: string): Promise<void>;
  say(person: Person, where: Where, text: string): Promise<Deed>;
  press(person: Person, where: Where, message: Said, button: string): Promise<Deed>;
  /** The bot's next message there, each once; undefined when none comes within `timeoutMs`. */
  hear(person: Person, where: Where, timeoutMs: number): Promise<Said | undefined>;
  messages(person: Person, where: Where): Promise<readonly Said[]>;
  /** Whether the bot is there and has been given everything that it is shown. */
  isCaughtUp(): Promise<boolean>;
}

/** A simulator in this process, with one bot. */
export interface Simulator {
  /** What leads the connector's account there. */
  readonly keys: { readonly [key: string]: string; readonly apiRoot: string };
  close(): Promise<void>;
}

/** What leads to the bot's place on the simulated platform. */
export interface Entrance {
  readonly client: AdminClient;
  /** The bot's username, without the `@`. */
  readonly bot: string;
  /** Effective values of the account's config, by key. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** What one platform adds to simulating. */
export interface PlatformSimulation {
  /** The connector's. */
  readonly id: string;
  readonly name: string;
  /** Keys of an account's config that lead to the platform itself, and must not in a simulation. */
  readonly outward: RegExp;
  /** How one gets to groups and topics, and what else only this platform has: local lines with their meaning. */
  readonly lines: readonly (readonly [line: string, meaning: string])[];
  /** What a topic is called. */
  readonly topic: string;
  /** Why the bot sees every message of a group in any case, to follow a colon; absent where `--sees-all` decides it. */
  readonly seesAllBecause?: string;
  /** Why the bot may not have got a line, for people. */
  unseen(isPrivate: boolean, bot: string): string;
  start(options: { readonly seesAll: boolean }): Promise<Simulator>;
  openDoor(entrance: Entrance): Promise<Door>;
}
