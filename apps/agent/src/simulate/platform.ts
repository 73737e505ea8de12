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
}

/** A group that somebody has come to. */
export interface Group {
  readonly chat: string;
  /** For people, to follow "in". */
  readonly name: string;
}

/** People on the simulated platform, and what they see of one bot. */
export interface Door {
  /** The bot's username, without the `@`. */
  readonly bot: string;
  /** What names the bot in a text. */
  readonly mention: string;
  people(): Promise<readonly Person[]>;
  /** @throws UserError when the platform has no such ids or names */
  addPerson(facts: NewPerson): Promise<Person>;
  /** Takes the person to a group, by id or name, which is made if it is not there. */
  enterGroup(person: Person, wanted: string): Promise<Group>;
  /** Does nothing for a member. */
  join(person: Person, chat: string): Promise<void>;
  say(person: Person, where: Where, text: string): Promise<void>;
  press(person: Person, where: Where, message: Said, button: string): Promise<void>;
  /** The bot's next message there, each once; undefined when none comes within `timeoutMs`. */
  hear(person: Person, where: Where, timeoutMs: number): Promise<Said | undefined>;
  messages(person: Person, where: Where): Promise<readonly Said[]>;
  /** Whether the bot has taken everything that it is shown. */
  isCaughtUp(): Promise<boolean>;
}

/** A simulator in this process, with one bot. */
export interface Simulator {
  /** What leads the connector's account there. */
  readonly keys: { readonly [key: string]: string; readonly apiRoot: string };
  readonly bot: string;
  close(): Promise<void>;
}

/** What one platform adds to simulating. */
export interface PlatformSimulation {
  readonly id: string;
  readonly name: string;
  /** Keys of an account's config that lead to the platform itself, and must not in a simulation. */
  readonly outward: RegExp;
  /** How places are named in local commands, for their help. */
  readonly places: readonly (readonly [line: string, meaning: string])[];
  /** What a thread is called. */
  readonly topic: string;
  /** What `--sees-all` changes; absent where the platform has nothing like it. */
  readonly hasPrivacyMode: boolean;
  /** Why the bot may not have got a line, for people. */
  unseen(isPrivate: boolean, bot: string): string;
  start(options: { readonly seesAll: boolean }): Promise<Simulator>;
  openDoor(client: AdminClient, bot: string): Promise<Door>;
}
