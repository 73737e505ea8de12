import type { HistoryEntry } from "../contract/agent.js";
import type { Cursor, StateChange, StateEntry } from "../contract/connection.js";
import type { InboundEvent } from "../contract/event.js";
import type { Decision, Fate } from "../contract/fate.js";
import type { Json } from "../contract/json.js";
import type { Operation, OperationState, Part, PartState, SendResult } from "../contract/operation.js";

/**
 * The right to change what belongs to one identity. Every changing call carries one; a store refuses it with
 * `StoreError("stale")` once a newer lease of the identity was given out, so that an owner that was thought dead cannot write.
 */
export interface Lease {
  readonly identity: string;
  readonly owner: string;
  readonly epoch: number;
}

export interface NewEvent {
  readonly event: InboundEvent;
  readonly session: string;
  /** Its lane, where that is not the session: chats that share a session keep their own order. */
  readonly lane?: string;
}

export interface AcceptRequest {
  readonly events: readonly NewEvent[];
  /** Committed together with the events; read back as the state value `cursor/<name>`. */
  readonly cursor?: Cursor;
  /** Unix time in ms. */
  readonly at: number;
  /** Unix time in ms until which the events' keys are remembered. */
  readonly keysUntil: number;
}

export type AcceptResult =
  | { readonly status: "accepted"; readonly seq: number }
  | { readonly status: "duplicate" }
  /** This one event cannot be stored; the others of the request were. */
  | { readonly status: "refused"; readonly reason: string };

/** What a lane needs to know of an unfinished event without its body. */
export interface EventHead {
  readonly seq: number;
  readonly session: string;
  /** Undefined where it is the session. */
  readonly lane?: string | undefined;
  readonly order: number | undefined;
  /** Not before this time, Unix ms; 0 for at once. */
  readonly dueAt: number;
}

export interface StoredEvent extends EventHead {
  readonly identity: string;
  readonly event: InboundEvent;
  readonly receivedAt: number;
  readonly attempts: number;
  /** When the first attempt began and when the fate became final; Unix ms. */
  readonly startedAt: number | undefined;
  readonly finishedAt: number | undefined;
  readonly decision: Decision;
}

export interface NewOperation {
  /** 22 URL-safe characters, unique for ever. */
  readonly key: string;
  readonly operation: Operation;
  /** Order is kept among operations of one lane: a chat, or a thread of it. */
  readonly lane: string;
  /** Session whose history the operation belongs to. */
  readonly session?: string;
  /** `seq` of the first event of the turn it answers. */
  readonly turn?: number;
  readonly createdAt: number;
  /** Unix time in ms; 0 for never. */
  readonly expiresAt: number;
  /** The split, of which the first part is `attempting` from the same commit on. Absent: the first attempt brings the split. */
  readonly announced?: readonly [Part, ...Part[]];
}

/** Files in the spool that an operation needs. */
export interface Spooled {
  /** The operation's key. */
  readonly operation: string;
  readonly files: readonly string[];
}

export interface OperationHead {
  readonly seq: number;
  readonly lane: string;
  readonly dueAt: number;
}

export interface StoredPart {
  readonly part: Part;
  readonly state: PartState;
  readonly attempts: number;
  /** Calls before the last one whose outcome was never learnt; the message may be there so many times more. */
  readonly uncertain: number;
  /** So many of them were known to the operator who had the operation tried again. */
  readonly accepted: number;
  /** When the first call was made. */
  readonly attemptedAt: number | undefined;
  readonly settledAt: number | undefined;
  readonly result: SendResult | undefined;
  /** Why the last attempt did not succeed; of a `sent` part, what left an earlier call in doubt. */
  readonly error: string | undefined;
  /** What the platform told later: `delivered`, `read` or `failed`. */
  readonly receipt: string | undefined;
}

export interface StoredOperation extends Omit<NewOperation, "announced">, OperationHead {
  readonly identity: string;
  readonly state: OperationState;
  readonly reason: string | undefined;
  /** Empty until the first attempt fixed the split. */
  readonly parts: readonly StoredPart[];
}

export interface FinishRequest {
  /** The turn's events; all get the decision. None: only operations and state are committed. */
  readonly events: readonly number[];
  /** Attempt that this is the outcome of; an older one than the store's is refused with `StoreError("stale")`. */
  readonly attempt: number;
  /** When that attempt began, Unix ms, where `begin` was not called for it. */
  readonly startedAt?: number;
  readonly decision: Decision;
  readonly operations: readonly NewOperation[];
  /** Durable values that change with it; the whole request fails with `StoreError("stale")` when an `ifVersion` does not hold. */
  readonly state?: readonly StateChange[];
  readonly at: number;
}

export interface AttemptRequest {
  readonly operation: number;
  /** The split, on the first attempt. */
  readonly parts?: readonly Part[];
  readonly index: number;
  readonly at: number;
}

export interface SettleRequest {
  readonly operation: number;
  readonly index: number;
  /** `queued` puts the part back: the call did not happen and will be made again. */
  readonly state: Exclude<PartState, "attempting">;
  readonly result?: SendResult;
  readonly error?: string;
  /** The operation's new state, when this settles it. */
  readonly operationState?: Exclude<OperationState, "open">;
  /** Unix time in ms before which the operation is not tried again. */
  readonly dueAt?: number;
  /** Marks this part `attempting` in the same commit. */
  readonly next?: number;
  readonly at: number;
}

/** The rule of an event that the operator had tried again; see `settleDeadLetter`. */
export const OPERATOR_RULE = "operator";

/** A turn or an operation that failed for good and waits for the operator. */
export interface DeadLetter {
  /** `event:<seq>` or `operation:<seq>`. */
  readonly id: string;
  readonly identity: string;
  readonly session: string | undefined;
  readonly reason: string;
  /** Unix time in ms. */
  readonly at: number;
}

export interface ChatRecord {
  readonly chat: string;
  readonly thread?: string;
  readonly info: Json;
}

/**
 * Durable memory of a runtime. A port of closed operations: each resolves after its commit and is all or nothing. Failures are
 * `StoreError`s; after `full` and `busy` the same call may be made again.
 *
 * Both stores that ship with core and every other one pass `storeSuite` of `@elizaos/connector-testkit`.
 */
export interface Store {
  /**
   * Takes the identity for `owner`. The result is undefined while another owner holds it. A lease of the same owner is
   * not given twice.
   */
  lease(identity: string, owner: string): Promise<Lease | undefined>;
  release(lease: Lease): Promise<void>;

  /** Stores events that are not known yet, their keys and the cursor. Results stand in the order of the events. */
  accept(lease: Lease, request: AcceptRequest): Promise<readonly AcceptResult[]>;
  /** Unfinished events with `seq > after`, by `seq`. */
  unfinished(identity: string, after: number, limit: number): Promise<readonly EventHead[]>;
  /** Events that exist, in the order asked for. */
  events(seqs: readonly number[]): Promise<readonly StoredEvent[]>;
  /** Newest first, all fates. */
  recentEvents(options: {
    identity?: string;
    session?: string;
    before?: number;
    limit: number;
  }): Promise<readonly StoredEvent[]>;
  /** Begins a turn: the events become `admitted`. Resolves to the attempt's number, from 1. */
  begin(
    lease: Lease,
    request: { readonly events: readonly number[]; readonly decision: Decision; readonly at: number },
  ): Promise<number>;
  /** Ends a turn: fate, operations and state in one commit. Resolves to the operations' `seq`s. */
  finish(lease: Lease, request: FinishRequest): Promise<readonly number[]>;
  /** Replaces an unfinished event's content, once `hydrate` has completed it. */
  rewrite(lease: Lease, request: { readonly seq: number; readonly event: InboundEvent }): Promise<void>;
  /** Puts events back until `dueAt`. */
  postpone(
    lease: Lease,
    request: { readonly events: readonly number[]; readonly dueAt: number; readonly reason: string },
  ): Promise<void>;
  /**
   * Messages of a session and what was sent in it, before event `before`; the newest `limit`, oldest first. Answers to events
   * count while they are on their way, too: the next question often comes sooner than they arrive. A session may
   * be shared by identities. It begins after its newest event whose rule is `command.new`: answers to what came before count no
   * more. Events whose rule begins with `command.` are no part of it.
   */
  history(
    session: string,
    options: { readonly before: number; readonly limit: number },
  ): Promise<readonly HistoryEntry[]>;
  /** When the oldest event was received that `history` without a limit would tell of, Unix ms; undefined when there is none. */
  sessionSince(session: string, options: { readonly before: number }): Promise<number | undefined>;

  /** Adds operations that belong to no turn. */
  enqueue(lease: Lease, operations: readonly NewOperation[]): Promise<readonly number[]>;
  /** Open operations with `seq > after`, by `seq`. */
  openOperations(identity: string, after: number, limit: number): Promise<readonly OperationHead[]>;
  operations(seqs: readonly number[]): Promise<readonly StoredOperation[]>;
  operationsOfTurn(turn: number): Promise<readonly StoredOperation[]>;
  /** Operations with attachments that are open or a dead letter, of all identities. */
  spooled(): Promise<readonly Spooled[]>;
  attempt(lease: Lease, request: AttemptRequest): Promise<void>;
  /**
   * Writes down what a call came to. Resolves to whether the operation is open afterwards: a late failure of an earlier part may
   * have ended it meanwhile. Then a `sent` part is recorded all the same, and `next` is not begun.
   */
  settle(lease: Lease, request: SettleRequest): Promise<boolean>;
  /** Ends an operation without a call: expired, or refused before the first part. */
  close(
    lease: Lease,
    request: {
      readonly operation: number;
      readonly state: Exclude<OperationState, "open">;
      readonly reason: string;
      readonly at: number;
    },
  ): Promise<void>;
  /** The sent index: the operation that made a platform message. */
  operationOfMessage(identity: string, chat: string, message: string): Promise<number | undefined>;
  /** Notes a late result. False when no sent part made that message. A late failure makes the operation a dead letter. */
  receipt(
    lease: Lease,
    request: {
      readonly chat: string;
      readonly message: string;
      readonly status: "delivered" | "read" | "failed";
      readonly reason?: string;
      readonly at: number;
    },
  ): Promise<boolean>;

  deadLetters(limit: number): Promise<readonly DeadLetter[]>;
  /**
   * Retry makes an event `accepted`, or queues an operation's parts that were not sent. Resolves to false when there
   * is no such dead letter of the lease's identity.
   */
  settleDeadLetter(
    lease: Lease,
    request: {
      readonly id: string;
      readonly verdict: "retry" | "drop";
      readonly at: number;
      readonly expiresAt: number;
    },
  ): Promise<boolean>;

  /** Values of one identity that are not expired at `at`. */
  stateGet(identity: string, key: string, at: number): Promise<StateEntry | undefined>;
  stateList(
    identity: string,
    prefix: string,
    options: { readonly limit: number; readonly after?: string; readonly at: number },
  ): Promise<readonly StateEntry[]>;
  /** Applied in order, all or nothing; false when an `ifVersion` does not hold before the first of them. */
  stateBatch(lease: Lease, changes: readonly StateChange[], at: number): Promise<boolean>;
  /** Remembers a chat, with the newest route for proactive sends. */
  putChat(lease: Lease, record: ChatRecord, at: number): Promise<void>;
  chat(identity: string, chat: string, thread?: string): Promise<ChatRecord | undefined>;
  /** Sessions, lanes, chats and state keys under `pairing/` that name `old` go on under `now`; what stands there already stays. `state` changes in the same commit. */
  alias(lease: Lease, old: string, now: string, state?: readonly StateChange[]): Promise<void>;

  identities(): Promise<readonly string[]>;
  counts(identity: string): Promise<Readonly<Partial<Record<Fate, number>>>>;
  /** Removes at most `limit` rows that nothing needs any more; resolves to how many. Call again while it is not 0. */
  prune(options: {
    readonly at: number;
    readonly finishedBefore: number;
    readonly limit: number;
  }): Promise<number>;
  /** Ends open leases and files. Later calls fail with `StoreError("closed")`. */
  shutdown(): Promise<void>;
}
