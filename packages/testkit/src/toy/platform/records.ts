import type { WireError } from "../wire.js";
import type { ButtonRows } from "./buttons.js";
import type { FileRecord } from "./files.js";

/** A bot account of the platform. */
export interface AccountRecord {
  readonly type: "account";
  readonly id: string;
  readonly name: string;
  token: string;
  revoked: boolean;
  seq: number;
}

export interface PersonRecord {
  readonly type: "person";
  readonly id: string;
  /** The second id, told to accounts only when the person reveals it. */
  readonly number: string;
  readonly name: string;
  revealed: boolean;
  /** Set while messages to this person are taken and fail later. */
  dark: { readonly afterMs: number; readonly reason: string } | undefined;
  /** What accounts said where this person could hear it, oldest first. */
  readonly ear: MessageRecord[];
  /** How many of `ear` a test has asked for. */
  heard: number;
}

export function newAccount(id: string, name: string): AccountRecord {
  return { type: "account", id, name, token: `${id}:toy-token-of-${name}`, revoked: false, seq: 0 };
}

export function newPerson(id: string, number: string, name: string): PersonRecord {
  return { type: "person", id, number, name, revealed: false, dark: undefined, ear: [], heard: 0 };
}

export type Being = AccountRecord | PersonRecord;

export interface MessageRecord {
  readonly id: string;
  readonly chat: ChatRecord;
  readonly thread: string | undefined;
  readonly author: Being;
  text: string;
  readonly quote: MessageRecord | undefined;
  readonly files: readonly FileRecord[];
  buttons: ButtonRows;
  /** Unix time in ms. */
  readonly at: number;
  deleted: boolean;
  /** How often it was changed. */
  edits: number;
  /** Emoji by who reacted. */
  readonly reactions: Map<Being, string>;
  readonly note: string | undefined;
  readonly command: CommandRecord | undefined;
}

/** A command that a person gave to an account. */
export interface CommandRecord {
  readonly name: string;
  readonly account: AccountRecord;
}

export interface ChatRecord {
  id: string;
  readonly former: string[];
  readonly kind: "private" | "group";
  readonly title: string | undefined;
  readonly accounts: Set<AccountRecord>;
  readonly people: Set<PersonRecord>;
  readonly threads: Map<string, string>;
  readonly messages: Map<string, MessageRecord>;
  lastMessage: number;
  /** Accounts that may not write here. */
  readonly blocked: Set<AccountRecord>;
}

/** What the platform says instead of doing what it was asked. */
export class Refusal extends Error {
  readonly status: number;
  readonly body: WireError;

  constructor(status: number, error: string, detail: string, more: Partial<WireError> = {}) {
    super(`${error}: ${detail}`);
    this.status = status;
    this.body = { error, detail, ...more };
  }
}
