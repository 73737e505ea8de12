import type { z } from "zod";
import type { Address } from "./address.js";
import type { OutgoingAttachment } from "./agent.js";
import { Rejected } from "./errors.js";
import type { InboundEvent } from "./event.js";
import type { Json } from "./json.js";
import type {
  ActionOperation,
  DeleteOperation,
  EditOperation,
  OutboundText,
  ReactOperation,
  SendResult,
} from "./operation.js";

/** A message that an action sends. Files are had as those of answers are, except that one which cannot be had refuses it all. */
export interface ActionSend extends OutboundText {
  readonly kind: "send";
  readonly to: Address;
  /** Platform id of the message to quote, where the platform can. */
  readonly replyTo?: string;
  readonly attachments?: readonly OutgoingAttachment[];
}

/** What an action has the outbox do. */
export type ActionRequest = ActionSend | EditOperation | DeleteOperation | ReactOperation | ActionOperation;

/** Where and for whom an action is done. */
export interface ActionContext {
  /** The turn's chat and thread, and the message that began it; renamed ids applied. */
  readonly to: Address;
  /** What began the turn. */
  readonly event: InboundEvent;
  /** One of the people whom `owners` names wrote that message. False for what the host's own schedule began. */
  readonly isOwner: boolean;
  /** Aborted when the turn's time is over or the agent gives the call up; what comes of it then counts as unknown. */
  readonly signal: AbortSignal;
  /**
   * Has the outbox do something that makes or changes messages, and waits until it is done: paced, tried again and in order with the
   * chat's other messages, on record before the call, and known as the account's own afterwards. Edits and deletions are refused
   * unless the message is known to be the account's own.
   *
   * At most once per call of an action, and the action's only change: when the process dies before the action has ended, the
   * next attempt of the turn runs it from the beginning, and is given what came of the same operation here.
   *
   * @returns what the platform said of each of the operation's parts
   * @throws Rejected when the platform refused it or it came too late
   * @throws Unknown when nobody can tell, or when the call was given up; then the outbox still goes on with it
   */
  perform(request: ActionRequest): Promise<readonly SendResult[]>;
}

/**
 * Where an action goes: the turn's chat and thread, or the one that its input names. Only owners may name another one, since whoever may
 * write to the agent here need not be allowed to have it write there.
 *
 * @throws Rejected in a turn that nobody of the owners began
 */
export function placeOf(
  { to, isOwner }: Pick<ActionContext, "to" | "isOwner">,
  named: { readonly chat?: string | undefined; readonly thread?: string | undefined } = {},
): Address {
  const { message: _, ...here } = to;
  const { chat = here.chat, thread } = named;
  const isHere = chat === here.chat && (thread === undefined || thread === here.thread);
  if (isHere) return here;
  if (!isOwner)
    throw new Rejected(
      "This is done in the chat of the message only; another chat may be named by an owner of the agent, and an owner did not write this message.",
      { where: chat === here.chat ? "thread" : "chat", mend: "Add the sender to `owners` in the config." },
    );
  const space = here.space === undefined ? {} : { space: here.space };
  return { ...space, chat, ...(thread === undefined ? {} : { thread }) };
}

/**
 * A message of the turn's chat; without an id the one that began the turn.
 *
 * @throws Rejected when neither is there
 */
export function ofThisChat(
  { to }: Pick<ActionContext, "to">,
  message = to.message,
): Address & { readonly message: string } {
  if (message === undefined)
    throw new Rejected("Nothing says which message; name one by its id.", { where: "message" });
  return { ...to, message };
}

/** Something that an agent may do during its turn besides answering, such as pinning a message. */
export interface Action<I = unknown> {
  /** Unique within its connection, such as `pins.add`; letters, digits, `.`, `_` and `-`. Names under `config.` are core's. */
  readonly name: string;
  /** What it does and when to use it, for the agent. */
  readonly description: string;
  /** An object schema; the agent is given it as JSON Schema. */
  readonly input: z.ZodType<I>;
  /** The capability flag without which it is not offered; absent: it always is. */
  readonly capability?: string;
  /**
   * Does it, once. Gives back what the agent is told: JSON, at most 64 KiB of it are kept for a replay. Throws one of the contract's
   * errors; anything else counts as `Unknown`.
   */
  run(input: I, context: ActionContext): Promise<Json>;
}

/** An action as the agent sees it. */
export interface ActionInfo {
  readonly name: string;
  readonly description: string;
  /** JSON Schema (draft 7) of the input. */
  readonly input: { readonly [key: string]: unknown };
}

export interface ActOptions {
  /** Gives the call up. Whether it was done is not known then. */
  readonly signal?: AbortSignal;
}

/** An action whose `run` takes what its schema gives. */
export function defineAction<I>(action: Action<I>): Action<I> {
  return action;
}
