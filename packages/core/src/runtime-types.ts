import type { ApprovalLogEntry, ApprovalRequest } from "./approvals/records.js";
import type { Environment, Origin } from "./config/resolve.js";
import type { ConfigWriter } from "./config/writes/edits.js";
import type { Address, ChatKind } from "./contract/address.js";
import type { AgentLike, OutgoingAttachment } from "./contract/agent.js";
import type { ButtonRows } from "./contract/button.js";
import type { Clock, Logger, Probe, Receipt, Show } from "./contract/connection.js";
import type { Connector, WebhookRequest, WebhookResponse } from "./contract/connector.js";
import type { ConfigIssue } from "./contract/errors.js";
import type { ApprovedElsewhere } from "./policy/pairing/pairing.js";
import type { Approval, PairingLogEntry, PairingPressure, PairingRequest } from "./policy/pairing/records.js";
import type { SessionOptions } from "./session/options.js";
import type { DeadLetter, Store, StoredEvent, StoredOperation } from "./store/port.js";

/** Bounds of the machinery. Every one has a default that suits one agent on a small machine. */
export interface RuntimeLimits {
  /** Turns at work at once, over all accounts. Default 32. */
  readonly maxTurns: number;
  /** One attempt of a turn is cancelled after this many ms. Default 5 minutes. */
  readonly turnTimeoutMs: number;
  /** A turn that keeps failing becomes a dead letter after this many ms. Default 10 minutes. */
  readonly turnRetryMaxMs: number;
  /** Events older than this are not answered any more, in ms; 0 for never. Default 48 hours. */
  readonly eventMaxAgeMs: number;
  /** Operations older than this are not sent any more, in ms; 0 for never. Default 24 hours. */
  readonly operationMaxAgeMs: number;
  /** How long one operation that is being retried holds back later ones of its lane, in ms. Default 60 seconds. */
  readonly laneHoldMs: number;
  /** Unfinished events above which `receive` waits. Default 20,000. */
  readonly maxWaitingEvents: number;
  /** Finished events and their answers are kept this long, in ms; 0 for ever. Default `session.retentionDays`, or 30 days. */
  readonly retentionMs: number;
  /** Files that wait to be sent, all together, in bytes. What comes above that is tried again later. Default 1 GiB. */
  readonly maxSpoolBytes: number;
}

export interface RuntimeOptions {
  readonly connectors: readonly Connector[];
  /**
   * The config file's content: `connectors.<id>` holds base fields and `accounts.<name>`, `connectors.defaults` what holds for
   * all of them.
   */
  readonly config?: { readonly connectors?: Readonly<Record<string, unknown>> };
  /** Fills the default account of each connector; not read from the process unless given. */
  readonly environment?: Environment;
  readonly agent: AgentLike;
  /** Which private chats share a session, and how long it is kept. */
  readonly session?: SessionOptions;
  /** People who own the agent, as `<connector>:<sender id>`: some commands are for them alone. Default: nobody. */
  readonly owners?: readonly string[];
  /** The runtime answers `/help`, `/status`, `/new` and `/why` itself. Default true; false hands every command to the agent. */
  readonly commands?: boolean;
  /** Default: SQLite at `stateDir`/connectors.sqlite. */
  readonly store?: Store;
  /** Default `./connector-state`. Created with mode 0700. */
  readonly stateDir?: string;
  /**
   * Folder for copies of files that wait to be sent, for one runtime at a time. Default: `spool` in `stateDir`; with a `store` and no
   * `stateDir`, a temporary one: then a restart loses such files.
   */
  readonly spoolDir?: string;
  /** Servers that agents' attachments may be fetched from although they are not on the public internet: `host` or `host:port`. */
  readonly trustedHosts?: readonly string[];
  /** `full` survives a power cut, `process` a killed process. Default `full`. For the default store only. */
  readonly durability?: "full" | "process";
  /** Default: nothing is logged. */
  readonly log?: Logger;
  readonly clock?: Clock;
  /** Numbers from 0 to 1 for back-off jitter. Default `Math.random`. */
  readonly random?: () => number;
  readonly limits?: Partial<RuntimeLimits>;
  /** What the owner types to approve a pairing code; the message to a stranger quotes it. Default: it quotes none. */
  readonly approveCommand?: ApproveCommand;
  /** For programs with a list of their own of who may write in private, besides the approvals kept here. */
  readonly approvedElsewhere?: ApprovedElsewhere;
  /** Wakes the agent again and again while it runs. The next time is kept in the store; a missed one is made up for once. */
  readonly heartbeat?: Heartbeat;
  /** Writes what `configWrites` of an account allows. Default: nothing is written, and nothing of it offered to the agent. */
  readonly configWriter?: ConfigWriter;
  readonly onEvent?: (event: RuntimeEvent) => void;
  /** A secret that the config does not hold became known, such as a token file's content; the runtime itself masks it already. */
  readonly onSecret?: (secret: string) => void;
  /** Where platforms reach this host's webhooks from outside, such as `https://bot.example`. */
  readonly publicUrl?: string;
}

export type ApproveCommand = (connector: string, code: string) => string;

export type AccountState =
  | "disabled"
  | "stopped"
  | "starting"
  | "online"
  | "reconnecting"
  | "action-needed"
  | "failed";

export interface AccountStatus {
  readonly connector: string;
  readonly account: string;
  readonly state: AccountState;
  /** Unix time in ms of the last change of `state`. */
  readonly since: number;
  /** Why it is not online, and what to do; absent when it is. */
  readonly reason?: string;
  readonly mend?: string;
  /** Shown to the operator, never logged. */
  readonly show?: Show;
  readonly identity?: string;
  /** Name of the bot or user as the platform says. */
  readonly name?: string;
  readonly probe?: Probe & { readonly at: number };
  readonly lastInbound?: number;
  readonly lastOutbound?: number;
  /** Dropped before the store (own messages, disabled chats), since start. */
  readonly dropped: number;
  /** Why events were lost for good, newest last, bounded. */
  readonly gaps: readonly { readonly at: number; readonly reason: string }[];
  readonly issues: readonly ConfigIssue[];
  readonly notes: readonly string[];
  /** Where each setting of the account came from; no values. */
  readonly origins: Readonly<Record<string, Origin>>;
}

/** What a host may want to show at once. */
export type RuntimeEvent =
  | { readonly type: "status"; readonly status: AccountStatus }
  | { readonly type: "pairing-request"; readonly request: PairingRequest; readonly code: string }
  | { readonly type: "pairing-approved"; readonly approval: Approval }
  | { readonly type: "approval-request"; readonly request: ApprovalRequest }
  | { readonly type: "store"; readonly trouble: string | undefined };

export interface SendRequest {
  readonly connector: string;
  /** Default: `default`. */
  readonly account?: string;
  readonly to: Address;
  readonly text: string;
  readonly format?: "markdown" | "plain";
  /** `send` throws `Rejected` for what cannot be had. */
  readonly attachments?: readonly OutgoingAttachment[];
  /** As in an agent's message. */
  readonly buttons?: ButtonRows;
}

/** Something that the host says to the agent, in a chat's session. */
export interface WakeRequest {
  readonly to: {
    readonly connector: string;
    /** Default: `default`. */
    readonly account?: string;
    readonly chat: string;
    readonly thread?: string;
    /** Default: as the chat was when something came from there, else `dm`. */
    readonly kind?: ChatKind;
  };
  readonly prompt: string;
  /** Names it for at least 48 h: what comes with a known one is a duplicate. */
  readonly key: string;
}

/** A schedule by which the agent is woken. */
export interface Heartbeat extends Pick<WakeRequest, "to" | "prompt"> {
  readonly everyMs: number;
}

/** A path at which platforms bring events, and the enabled accounts that get theirs there. */
export interface WebhookPath {
  readonly path: string;
  readonly methods: readonly string[];
  readonly accounts: readonly { readonly connector: string; readonly account: string }[];
}

/** Everything known of one event. */
export interface Explanation {
  readonly event: StoredEvent;
  readonly operations: readonly StoredOperation[];
}

/** Connectors, an agent and a store at work. */
export interface ConnectorRuntime {
  /** Opens every enabled account. Resolves when each is online or says why not; never rejects for one account's fault. */
  start(): Promise<void>;
  /** Ends turns and connections within 5 s and closes the store; what was not done is done at the next start. */
  stop(): Promise<void>;
  status(): readonly AccountStatus[];
  /** Durably queues a message that answers nothing. Resolves to the operation's number. Throws `Rejected` for an unknown account. */
  send(request: SendRequest): Promise<number>;
  /**
   * Begins a turn that nobody wrote for: the agent gets the prompt as a `notice` named `heartbeat`. The answer goes to that chat and no other,
   * as far as the account's `heartbeat` lets the chat see it. Policy is not asked. Throws `Rejected` for an unknown account.
   */
  wake(request: WakeRequest): Promise<Receipt | undefined>;
  /** Where webhooks arrive; empty when no enabled account needs any. The same from the first to the last moment. */
  webhookPaths(): readonly WebhookPath[];
  /**
   * Hands a request that came in over HTTP to the connector whose webhook path it has; answers when its events are stored, after
   * 8 s at the latest. Never rejects. Bounding who may ask, and how much, is the host's: see `createWebhookGuard`.
   */
  webhook(request: WebhookRequest): Promise<WebhookResponse>;
  /** What became of an event: by number, or the last one. */
  why(event: number | "last"): Promise<Explanation | undefined>;
  readonly pairing: {
    list(): Promise<{
      readonly requests: readonly PairingRequest[];
      readonly approved: readonly Approval[];
      /** One entry per account. */
      readonly pressure: readonly PairingPressure[];
    }>;
    /** Throws `Rejected` for an unknown, expired or used code. */
    approve(
      connector: string,
      code: string,
      options?: { readonly account?: string; readonly by?: string },
    ): Promise<Approval>;
    deny(
      connector: string,
      code: string,
      options?: { readonly account?: string; readonly by?: string },
    ): Promise<void>;
    /**
     * Takes an approval back, on every account of the connector unless one is named. Holds for the next message, and for
     * answers that are not sent yet. Throws `Rejected` for a sender who is not paired.
     */
    revoke(
      connector: string,
      sender: string,
      options?: { readonly account?: string; readonly by?: string },
    ): Promise<void>;
    /** What happened, newest first; kept per account: the newest 500 decisions, and as many requests. */
    log(limit: number): Promise<readonly PairingLogEntry[]>;
  };
  /** What the agent asked people about; see the accounts' `execApprovals`. */
  readonly approvals: {
    /** What waits for a decision, oldest first within an account. */
    list(): Promise<readonly ApprovalRequest[]>;
    /** Throws `Rejected` for an unknown id, and for what was decided or is over. */
    approve(id: string, options?: { readonly by?: string }): Promise<ApprovalRequest>;
    deny(id: string, options?: { readonly by?: string }): Promise<ApprovalRequest>;
    /** What was decided, newest first; the newest 500 are kept per account. */
    log(limit: number): Promise<readonly ApprovalLogEntry[]>;
  };
  readonly deadLetters: {
    list(): Promise<readonly DeadLetter[]>;
    /** Throws `Rejected` when there is no such dead letter. */
    retry(id: string): Promise<void>;
    drop(id: string): Promise<void>;
  };
}
