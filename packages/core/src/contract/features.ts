import type { AttachmentRef, EventKind, MediaType } from "./event.js";
import type { OperationKind } from "./operation.js";

/**
 * What the platform promises about events that were not acknowledged: `redelivered` (they come again), `replayable` (they can
 * be read again by cursor), `lossy` (they are gone; the gap is recorded).
 */
export interface Transport {
  readonly class: "redelivered" | "replayable" | "lossy";
  /** How long the platform may bring the same event again, in ms. Keys are remembered at least that long. */
  readonly windowMs: number;
}

/**
 * How a call that may have happened can be repeated: `native` (the platform drops a repeated key within `windowMs`),
 * `detect` (`Connection.find` can look), `none`.
 */
export type Idempotency =
  | { readonly mode: "native"; readonly windowMs: number }
  | { readonly mode: "detect" }
  | { readonly mode: "none" };

export interface OperationFeature {
  readonly idempotency: Idempotency;
  /** What to do with a call of unknown outcome when nothing can tell: risk a double, or keep it for the operator. */
  readonly onUnknown: "resend" | "hold";
}

/** How an answer is shown while it is being written. */
export interface DraftFeature {
  /** How often what is shown may change, in ms. */
  readonly everyMs: number;
  /**
   * What is shown is no message: a preview that goes away by itself, or when a message comes. It is shown again after so many ms without a
   * change. Absent: a message that is changed, and becomes the answer.
   */
  readonly refreshMs?: number;
}

/** What a connection can do here and now: by transport, account, scope and chat. What is absent it cannot do. */
export interface Features {
  readonly transport: Transport;
  readonly operations: Readonly<Partial<Record<OperationKind, OperationFeature>>>;
  /** A typing indicator, and how often it must be refreshed, in ms. */
  readonly typing?: { readonly refreshMs: number };
  readonly draft?: DraftFeature;
  /** The platform says when the account is mentioned. Without it, `requireMention` cannot apply. */
  readonly mentions: boolean;
  readonly threads: boolean;
  /** Kinds of events that it brings besides messages. Default: none. */
  readonly events?: readonly EventKind[];
  /** Buttons under messages, as `Connection.supports(to)` says of a chat. */
  readonly buttons?: ButtonsFeature;
  /** What can come with a message, and what can be sent. */
  readonly media?: {
    readonly inbound: readonly AttachmentRef["type"][];
    readonly outbound: readonly MediaType[];
  };
}

/** What fits under one message. Core arranges rows that are too long anew, and lists buttons for which there is no room. */
export interface ButtonsFeature {
  /** Longest data of one button; at least 32 of any unit. */
  readonly data: TextLimit;
  /** Absent: not known to be bounded. */
  readonly rows?: number;
  readonly perRow?: number;
}

/** A limit means nothing without its unit. */
export interface TextLimit {
  readonly max: number;
  readonly unit: "utf16" | "bytes" | "codepoints" | "graphemes";
}

/** At most `count` calls in any `perMs` milliseconds. */
export interface Pace {
  readonly count: number;
  readonly perMs: number;
}

/** Sizes in bytes. */
export interface FileLimits {
  /** Largest file that the platform gives to the account. Absent: not known. */
  readonly download?: number;
  /** Largest file that the platform takes, by type. Absent ones: not known. */
  readonly upload?: Readonly<Partial<Record<MediaType, number>>>;
  /** Longest text that goes with a file; a longer one is a message of its own. Absent: as for any message. */
  readonly caption?: TextLimit;
}

export interface Limits {
  /** The longest text that one message carries, after rendering. */
  readonly text: TextLimit;
  readonly files?: FileLimits;
  /** Pace that is kept without being told, all of them at once. Absent: the platform's own refusals (429) set the pace. */
  readonly pace?: { readonly chat?: readonly Pace[]; readonly account?: readonly Pace[] };
}
