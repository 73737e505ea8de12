import type { Address, Route } from "./address.js";
import type { ButtonRows } from "./button.js";
import type { MediaType } from "./event.js";
import type { Json } from "./json.js";

/** Text for people. `markdown` is CommonMark with GFM; connectors render it into their dialect. */
export interface OutboundText {
  readonly text: string;
  readonly format: "markdown" | "plain";
}

/** A file on its way out: `DispatchContext.open` gives its bytes. */
export interface OutboundAttachment {
  /** Names the copy that core keeps until the operation is over. */
  readonly spool: string;
  readonly type: MediaType;
  readonly name: string;
  readonly mediaType: string;
  /** In bytes. */
  readonly size: number;
}

export interface SendOperation extends OutboundText {
  readonly kind: "send";
  readonly to: Address;
  /** Platform id of the message to quote, where the platform can. */
  readonly replyTo?: string;
  /**
   * Platform id of a message that shows an earlier state of this text: it is changed instead of sending the beginning anew, or
   * sent anew where it is gone. Only with `Connection.draft`.
   */
  readonly draft?: string;
  /** At least one, in this order; `text` may then be empty, and is their caption where it fits. */
  readonly attachments?: readonly OutboundAttachment[];
  /** Under the message; its last one where it takes several. */
  readonly buttons?: ButtonRows;
  /** Sent by one of the agent's actions; no part of its answer. Connectors need not care. */
  readonly isAside?: true;
  /** Why core could not take what was to be sent. Such an operation is a dead letter; no connector ever sees it. */
  readonly refused?: string;
}

export interface EditOperation extends OutboundText {
  readonly kind: "edit";
  readonly to: Address & { readonly message: string };
  /** Those it has from now on; none removes what is there. Absent: as the platform does with an edit, which may remove them too. */
  readonly buttons?: ButtonRows;
}

export interface DeleteOperation {
  readonly kind: "delete";
  readonly to: Address & { readonly message: string };
}

export interface ReactOperation {
  readonly kind: "react";
  readonly to: Address & { readonly message: string };
  /** An emoji, or null to take the account's reaction back. */
  readonly emoji: string | null;
}

/** One of the connection's typed actions, already checked against its schema. */
export interface ActionOperation {
  readonly kind: "action";
  readonly to: Address;
  readonly name: string;
  readonly input: Json;
}

/** Something to be done on a platform, durably: it survives restarts until it is done, refused or expired. */
export type Operation = SendOperation | EditOperation | DeleteOperation | ReactOperation | ActionOperation;
export type OperationKind = Operation["kind"];

/** One platform call. Stored before the first attempt, so that a restart repeats the same split. */
export interface Part {
  /** The platform's name of the call, for logs and `why`. */
  readonly call: string;
  readonly payload: Json;
}

/** What the platform said of a part that it took. */
export interface SendResult {
  /** Platform id of the message that was made, where one was. */
  readonly message?: string;
  /** Where it went, when that is not where it was sent: a conversation opened by user id, a thread that a post began. */
  readonly to?: Address;
  /** A better pointer than the one used, for later sends to the same place. */
  readonly route?: Route;
  readonly data?: Json;
}

/**
 * `queued` waits, `attempting` is committed before the call, `sent` and `rejected` are the platform's word, `unknown`
 * means that the call may or may not have happened.
 */
export type PartState = "queued" | "attempting" | "sent" | "rejected" | "unknown";

/** `open` has parts to do; `failed` is a dead letter; `done`, `expired` and `dropped` are final. */
export type OperationState = "open" | "done" | "failed" | "expired" | "dropped";
