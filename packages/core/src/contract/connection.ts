import type { Action } from "./actions.js";
import type { Address } from "./address.js";
import type { ConnectorError } from "./errors.js";
import type { AttachmentRef, InboundEvent } from "./event.js";
import type { Features, Limits } from "./features.js";
import type { Json } from "./json.js";
import type { MenuCommand } from "./menu.js";
import type { Operation, OutboundAttachment, OutboundText, Part, SendResult } from "./operation.js";

/** Time as core sees it; tests turn it by hand. */
export interface Clock {
  /** Unix time in ms. */
  now(): number;
  /** Calls back once after `ms`; the returned function cancels. */
  after(ms: number, callback: () => void): () => void;
}

/** The part of pino's interface that core and connectors use; arguments are only built where the level is on. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What became of one received event. */
export type Receipt =
  | { readonly status: "accepted"; readonly event: number }
  | { readonly status: "duplicate" }
  /** Dropped before the store, because it can never matter (own message, disabled chat), or not storable. */
  | { readonly status: "dropped"; readonly reason: string };

/** A position in the platform's stream of events. Kept per identity under `name`. */
export interface Cursor {
  readonly name: string;
  readonly value: Json;
}

export interface EventBatch {
  readonly events: readonly InboundEvent[];
  readonly cursor?: Cursor;
}

/** A result that the platform tells later than the call. Message ids are unique per chat on most platforms. */
export interface DeliveryReceipt {
  readonly chat: string;
  readonly message: string;
  readonly status: "delivered" | "read" | "failed";
  /** Why it failed, for people. */
  readonly reason?: string;
}

/** How a live account is. */
export type ConnectionStatus =
  | { readonly state: "online" }
  | { readonly state: "reconnecting"; readonly reason: string; readonly mend?: string }
  | { readonly state: "action-needed"; readonly reason: string; readonly mend: string; readonly show?: Show };

/** Something a person must see to go on. It may grant access, so it goes to the host's screen and never to a log. */
export interface Show {
  readonly type: "qr" | "code" | "url";
  readonly value: string;
  /** Unix time in ms. */
  readonly expiresAt?: number;
}

/** A stored value with the version that `ifVersion` compares. Versions start at 1 and rise by 1. */
export interface StateEntry {
  readonly key: string;
  readonly value: Json;
  readonly version: number;
}

export interface StateChange {
  readonly key: string;
  /** The new value; undefined deletes. */
  readonly value: Json | undefined;
  /** Fails the whole batch unless the stored version is this; 0 means "not there". */
  readonly ifVersion?: number;
  /** Unix time in ms at which the value is gone. */
  readonly expiresAt?: number;
}

/** Durable values of one identity or account. They belong to the connector; core never reads or renames them. */
export interface StateStore {
  get(key: string): Promise<StateEntry | undefined>;
  /** Entries whose key starts with `prefix` and comes after `after`, by key, at most `limit`. */
  list(
    prefix: string,
    options: { readonly limit: number; readonly after?: string },
  ): Promise<readonly StateEntry[]>;
  /** All or nothing. False when an `ifVersion` did not hold. */
  batch(changes: readonly StateChange[]): Promise<boolean>;
}

/** What core lends a connection while it is open. */
export interface ConnectionContext {
  readonly connector: string;
  readonly account: string;
  readonly identity: string;
  /**
   * Stores events, and the cursor with them, in one commit. Resolves after it; only then may the platform be told that
   * they arrived. Waits while the store is full or locked, and while intake is slowed by a flood. Rejects only when
   * the connection is being closed.
   */
  receive(
    events: readonly InboundEvent[],
    options?: { readonly cursor?: Cursor },
  ): Promise<readonly Receipt[]>;
  /** The stored cursor, or undefined on a first start. */
  cursor(name: string): Promise<Json | undefined>;
  delivered(receipt: DeliveryReceipt): Promise<void>;
  /** Two ids turned out to be one sender or chat: sessions, pairing and chats of `old` go on under `now`. */
  alias(old: string, now: string): Promise<void>;
  /** Events were lost for good; recorded and shown, not hidden. */
  gap(reason: string): void;
  /**
   * Something that works and is not as the operator may think, such as messages that the platform keeps back: stands in the
   * account's status until the same `key` says something else, or nothing, or the connection ends. Logged when it is new.
   */
  note(key: string, text: string | undefined): void;
  status(status: ConnectionStatus): void;
  /**
   * The connection cannot go on. Retryable errors are opened again with back-off; `AuthError` and other lasting ones
   * stop the account and show what to do.
   */
  fail(error: ConnectorError): void;
  /** Values of this identity. */
  readonly state: StateStore;
  /** Values of this account, shared with `identify`: linked-device keys, rotated tokens. */
  readonly accountState: StateStore;
  /** Takes a secret that the config does not hold, such as a rotated token: from then on it is masked in every text. */
  secret(value: string): void;
  /** What the platform may show in a menu of commands, as the account's config lets it; the runtime's own come first. */
  readonly commands: readonly MenuCommand[];
  readonly log: Logger;
  readonly clock: Clock;
  /** Where platforms reach this host's webhooks, such as `https://bot.example`; absent when nobody said. */
  readonly publicUrl?: string;
  /** Aborted when the connection is to close. */
  readonly signal: AbortSignal;
}

/** What a probe found; reasons are for people. */
export type Probe =
  | { readonly status: "ok"; readonly detail?: string }
  | { readonly status: "unauthorised"; readonly reason: string; readonly mend?: string }
  | { readonly status: "unreachable"; readonly reason: string };

export interface DispatchContext {
  /** Unique per part and stable over attempts, 22 URL-safe characters and the part's index: the idempotency key where the platform takes one. */
  readonly key: string;
  /**
   * Where the operation goes as of now: renamed ids applied; `route` is the event's own while it lasts, else the newest
   * stored one of that chat that lasts, else absent. Payloads therefore need to carry neither.
   */
  readonly to: Address;
  /** 1 for the first call of this part. */
  readonly attempt: number;
  /** Unix time in ms of the part's first call. */
  readonly firstAttemptAt: number;
  /** The outcome of an earlier call of this part is not known. */
  readonly uncertain: boolean;
  /** Results of the operation's earlier parts, in order. */
  readonly previous: readonly SendResult[];
  /** The bytes of one of the operation's attachments, from the beginning each time. Throws `Rejected` when they are gone. */
  open(attachment: Pick<OutboundAttachment, "spool">): Promise<ReadableStream<Uint8Array>>;
  readonly signal: AbortSignal;
}

/** A state of an answer that is still being written. */
export interface Draft extends OutboundText {
  readonly to: Address;
  /** Names the answer: a positive whole number, the same for all its states. */
  readonly answer: number;
  /** Platform id of the message that shows it. Absent: there is none yet. */
  readonly message?: string;
  /** Platform id of the message to quote, where there is none yet and the platform can. */
  readonly replyTo?: string;
}

/** One live account. */
export interface Connection {
  /** The truth here and now; asked before every operation. */
  supports(to?: Address): Features & Limits;
  /**
   * Splits an operation into platform calls. Pure: the same operation gives the same parts. Throws `Rejected` for what
   * the platform cannot do.
   */
  prepare(operation: Operation): Promise<readonly Part[]> | readonly Part[];
  /** Makes one call, also while the status is not `online`. Throws one of the contract's errors; anything else counts as `Unknown`. */
  dispatch(part: Part, context: DispatchContext): Promise<SendResult>;
  /** Looks whether a call of unknown outcome happened; needed for `detect`. */
  find?(part: Part, context: DispatchContext): Promise<SendResult | "absent" | "unknown">;
  /**
   * Events since the stored cursors that the live stream will not bring, oldest first. Called after `open` and whenever
   * the status is `online` again, never beside itself; live events of the same session wait for it, within bounds. When it
   * throws, the connection is opened again with back-off and goes on from the cursors that were stored.
   */
  catchUp?(signal: AbortSignal): AsyncIterable<EventBatch>;
  /**
   * Look-ups after the commit and before policy: names, pointers, proxied senders, routes. Tried again with back-off; an
   * event that cannot be completed becomes a dead letter. Must not change `keys` nor the address's space, chat and
   * thread. Undefined: there is nothing to handle after all.
   */
  hydrate?(event: InboundEvent, signal: AbortSignal): Promise<InboundEvent | undefined>;
  /**
   * Reads what a webhook brought and `Delivery.unread` left to the connection, since values of `ConnectionContext.state` are needed for it. The
   * same may come several times. Rejects for what should come again.
   */
  read?(unread: Json, signal: AbortSignal): Promise<readonly InboundEvent[]>;
  /**
   * The bytes of an inbound attachment. The stream need not be bounded, and is cancelled where it is not read to its end. Throws
   * the contract's errors.
   */
  download?(attachment: AttachmentRef, signal: AbortSignal): Promise<ReadableStream<Uint8Array>>;
  /** Shows that the agent is at work. Failures never delay the answer. */
  typing?(to: Address, signal: AbortSignal): Promise<void>;
  /**
   * Shows an answer that is still being written: makes a message, or changes the one it made; or shows a preview, which is no message.
   * Needed where `supports` names `draft`. A text over the limit is shown as far as it goes. Throws as `dispatch` does; after `Transient` it
   * is tried again as `supports` says then.
   *
   * @returns the message that shows it; none for a preview, which only a connection may show whose `draft` has `refreshMs`
   */
  draft?(draft: Draft, signal: AbortSignal): Promise<{ readonly message?: string }>;
  /** What an agent may do here besides answering, as the config allows. Asked at every turn that wants to know; makes no calls. */
  actions?(to: Address): readonly Action[];
  probe(signal: AbortSignal): Promise<Probe>;
  /** Ends sockets, timers and children; resolves when they are gone. */
  close(): Promise<void>;
}
