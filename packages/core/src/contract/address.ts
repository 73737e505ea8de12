import type { Json } from "./json.js";

/**
 * What a place is, as far as policy and answers care. `feed`, `issue` and `mailbox` need not be answered where a
 * message came from; `channel` is a broadcast that people may or may not write in.
 */
export type ChatKind = "dm" | "group" | "channel" | "feed" | "issue" | "mailbox";

/** What is known of an event's chat. */
export interface ChatInfo {
  readonly kind: ChatKind;
  readonly title?: string;
  /** It is divided into threads: what has no `Address.thread` is in the main one. Absent also where the event's thread is unknown. */
  readonly hasThreads?: true;
}

/**
 * A connector's own pointer to "answer here" that the platform handed out: a Teams conversation reference, an
 * interaction token, a reply token, an e-mail `References` chain. Core stores it and gives it back unread.
 */
export interface Route {
  /** The connector's format version, so that a stored route of an older release can be told apart. */
  readonly version: number;
  readonly data: Json;
  /** Unix time in ms after which the platform refuses it. Absent: it does not expire. */
  readonly expiresAt?: number;
}

/** Where something happened, or where something is to be sent. All ids are the platform's own, as strings. */
export interface Address {
  /** Guild, workspace, team or server. */
  readonly space?: string;
  readonly chat: string;
  /** Topic or thread inside the chat. Absent: the chat's main stream. */
  readonly thread?: string;
  readonly message?: string;
  /** An answer goes by the route of the event it answers; proactive sends use the newest stored one. */
  readonly route?: Route;
}
