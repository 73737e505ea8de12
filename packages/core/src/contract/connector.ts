import type { z } from "zod";
import type { Address, ChatInfo } from "./address.js";
import type {
  Clock,
  Connection,
  ConnectionContext,
  ConnectionStatus,
  DeliveryReceipt,
  Logger,
  StateStore,
} from "./connection.js";
import type { ConfigIssue } from "./errors.js";
import type { InboundEvent } from "./event.js";
import type { Decision } from "./fate.js";
import type { Features, Limits } from "./features.js";
import type { Json } from "./json.js";
import type { Manifest } from "./manifest.js";
import type { Operation } from "./operation.js";

/** The zod fields of one account's block, and rules over several of them. */
export interface AccountConfig<C> {
  /** A strict object. Base and accounts are both checked against it; defaults are applied after merging. */
  readonly fields: z.ZodObject & z.ZodType<C>;
  /**
   * Keys besides the common ones that an agent may change where `configWrites` is true: such as cannot reach a server, program or
   * file, name no secret, and let nobody in. Maps of groups need not be named: they are compared entry by entry.
   */
  readonly writable?: readonly string[];
  /** Issues with paths relative to the account's block. */
  rules?(config: C): readonly ConfigIssue[];
  /** Issues between the enabled accounts of one host, such as two that would get each other's events. */
  between?(accounts: readonly Account<C>[]): readonly AccountIssue[];
}

/** What is wrong with an account because of another one; the path is relative to the account's block. */
export interface AccountIssue extends ConfigIssue {
  readonly account: string;
}

/** One set of credentials with its effective config. */
export interface Account<C> {
  readonly id: string;
  readonly config: C;
}

/** A configured value and the config path it stands at, relative to the account's block. */
export interface Setting<T> {
  readonly value: T;
  readonly path: string;
}

/** Tools by name: a whole one, `beginning.*`, or `*`. */
export interface ToolRules {
  /** Only these. Absent: as the next less specific setting says; all where none does. */
  readonly allow?: readonly string[] | undefined;
  /** These as well. */
  readonly alsoAllow?: readonly string[] | undefined;
  /** None of these, whatever else is said. */
  readonly deny?: readonly string[] | undefined;
}

export interface ToolSetting extends Setting<ToolRules> {
  /** Only in turns that this sender began, by id; `*` for anybody. Absent: in all. */
  readonly sender?: string;
}

/** Which reactions an agent learns of: `own` those to its messages, `allowlist` those of people who are on a list. */
export type ReactionNotifications = "off" | "own" | "all" | "allowlist";

/** What an account's block says of one group, channel or thread; the most specific entry wins for each setting. */
export interface GroupSettings {
  /** The platform's own map names this group. Absent: it does not. */
  readonly listed?: Setting<true>;
  /** Path of the entry that would list a group that is not: people are told of it. Default: `groupAllowFrom`. */
  readonly listableAt?: string;
  /** False excludes it whatever else is said. */
  readonly enabled?: Setting<boolean>;
  readonly requireMention?: Setting<boolean>;
  /** Only these senders, by id; `*` for all. */
  readonly allowFrom?: Setting<readonly string[]>;
  /** Only senders with one of these roles (`Sender.roles`), by id; beside `allowFrom`, those as well. */
  readonly roles?: Setting<readonly string[]>;
  /** Instead of the account's `reactionNotifications`. */
  readonly reactionNotifications?: Setting<ReactionNotifications>;
  /** Instructions for the agent there. */
  readonly systemPrompt?: Setting<string>;
  /** Names of the skills that the agent has there. Absent: all. */
  readonly skills?: Setting<readonly string[]>;
  /** The most specific first: by place, and within each place single senders before `*` before all. */
  readonly tools?: readonly ToolSetting[];
}

/** Who the credentials are, as the platform says. */
export interface Identity {
  /** The platform's own, lasting id of the bot or user, without the connector's prefix. */
  readonly id: string;
  readonly name?: string;
}

export interface IdentifyContext {
  readonly signal: AbortSignal;
  readonly log: Logger;
  readonly clock: Clock;
  /** Values of this account, which exist before anybody knows its identity: linked-device keys, rotated tokens. */
  readonly state: StateStore;
  /** Takes a secret that the config does not hold, such as a file's content: from then on it is masked in every text. */
  secret(value: string): void;
  /** Shows what a person has to do while `identify` waits for it, such as a QR code to scan. */
  status(status: ConnectionStatus): void;
}

/** A webhook request as it came, before anything is believed. Header names are lower case. */
export interface WebhookRequest {
  readonly method: string;
  /** Path and query as sent. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface WebhookResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export type Verified<V> =
  /** The sender is who it should be; `value` goes to `parse`. */
  | { readonly ok: true; readonly value: V }
  /** Refused, or answered without any event (challenge handshake). */
  | { readonly ok: false; readonly response: WebhookResponse; readonly reason: string };

/** What one request brings to one account; aliases apply before the events. */
export interface Delivery {
  /** The account's id in the config. */
  readonly account: string;
  readonly events: readonly InboundEvent[];
  /** What only the account's connection can make sense of, see `Connection.read`. As long as there is none, the platform is asked to come again. */
  readonly unread?: readonly Json[];
  readonly receipts?: readonly DeliveryReceipt[];
  readonly aliases?: readonly { readonly old: string; readonly now: string }[];
}

export interface VerifyContext {
  readonly signal: AbortSignal;
  readonly log: Logger;
  readonly clock: Clock;
  /** Who an account's credentials are. Undefined as long as the platform has not said so: then ask to come again (503). */
  identity(account: string): Identity | undefined;
}

/** Needs config only, no open client: any host may receive. */
export interface Webhook<C, V = unknown> {
  /**
   * Path, such as `/slack/events`, at which an account's webhooks arrive; undefined when it gets its events otherwise. Accounts
   * may share one.
   */
  path(config: C): string | undefined;
  /** HTTP methods that the platform uses; others get 405. Default: POST. */
  readonly methods?: readonly string[];
  /** Checks the sender before anything is parsed. Constant time where secrets are compared. */
  verify(
    request: WebhookRequest,
    accounts: readonly Account<C>[],
    context: VerifyContext,
  ): Verified<V> | Promise<Verified<V>>;
  /** Throws for a body that is not the platform's; a single bad event is left out and the others kept. */
  parse(verified: V): readonly Delivery[];
  /** Called after the commit. */
  reply(verified: V): WebhookResponse;
}

/**
 * One messaging platform. Says what it is, verifies and parses what arrives, opens accounts; holds no state.
 *
 * @typeParam C effective config of one account
 */
export interface Connector<C = unknown> {
  readonly manifest: Manifest;
  readonly config: AccountConfig<C>;
  /** The documented maximum; a connection's `supports` says what holds here and now. */
  readonly features: Features;
  readonly limits: Limits;
  /**
   * Flags for `capabilities` in the config besides those that follow from `features` (`typing`, `streaming`, `reactions`, `edits`,
   * `deletions`), each with what it stands for: groups of actions.
   */
  readonly capabilities?: Readonly<Record<string, string>>;
  /** Reads the platform's own map of groups (`groups`, `guilds`, `channels`, `teams`). Pure. */
  groupSettings?(config: C, address: Address, chat: ChatInfo): GroupSettings;
  /** Where a person is written to in private, by sender id. Absent: that cannot be told without a call. Pure. */
  directAddress?(sender: string): Address;
  /**
   * What has to be done on a platform that shows that an answer is on its way, when an event has come to its end and nothing of the kind
   * follows. Committed with the fate, and sent whether its sender is let in or not: so it says nothing that only those may know who are.
   * It may come after something that the agent said by an action. Pure.
   */
  unanswered?(event: InboundEvent, decision: Decision): Operation | undefined;
  /** Asks the platform who the credentials are. Throws `AuthError` when it refuses them, `Transient` when it cannot be reached. */
  identify(account: Account<C>, context: IdentifyContext): Promise<Identity>;
  open(account: Account<C>, context: ConnectionContext): Promise<Connection>;
  readonly webhook?: Webhook<C>;
}
