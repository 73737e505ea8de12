import type { z } from "zod";
import type { Address } from "./address.js";
import type { InboundEvent } from "./event.js";
import type { Json } from "./json.js";

/** Where and for whom an action is done. */
export interface ActionContext {
  /** The turn's chat and thread, and the message that began it; renamed ids applied. */
  readonly to: Address;
  /** What began the turn. */
  readonly event: InboundEvent;
  /** Aborted when the turn's time is over or the agent gives the call up; what comes of it then counts as unknown. */
  readonly signal: AbortSignal;
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
