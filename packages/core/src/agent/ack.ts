import { childOf, untilAborted } from "../abort.js";
import type { AccountHandle } from "../connection/handle.js";
import type { Clock, Connection, DispatchContext } from "../contract/connection.js";
import { isRateLimited, Unknown } from "../contract/errors.js";
import type { InboundEvent } from "../contract/event.js";
import type { ReactOperation } from "../contract/operation.js";
import type { PaceBook } from "../outbox/paces.js";
import { toCallError } from "../outbox/verdict.js";
import { isMentioned } from "../policy/decide.js";
import { newKey } from "./outcomes.js";

const LIMIT_MS = 20_000;

export interface AckOptions {
  readonly paces: PaceBook;
  readonly clock: Clock;
  /** Aborted when the runtime stops. */
  readonly signal: AbortSignal;
}

/**
 * Reacts to a message that a turn begins for, as `ackReaction` says. A courtesy as typing is: nothing waits for it, and where
 * it fails, or the pace leaves no room for it, it is left out.
 */
export function acknowledge(options: AckOptions, handle: AccountHandle, event: InboundEvent): void {
  const { connection } = handle;
  const reaction = reactionTo(handle, event);
  if (connection === undefined || reaction === undefined) return;
  void show(options, handle, connection, reaction);
}

function reactionTo(handle: AccountHandle, event: InboundEvent): ReactOperation | undefined {
  const { ackReaction, reactionLevel } = handle.config;
  const { message } = event.address;
  if (ackReaction === undefined || reactionLevel === "off" || message === undefined) return undefined;
  // Whoever presses a button wrote nothing.
  if (event.kind !== "message" && event.kind !== "command") return undefined;
  const { emoji, direct, group } = ackReaction;
  const isWanted =
    event.chat.kind === "dm"
      ? direct
      : group === "always" ||
        (group === "mentions" && isMentioned({ event, mentionPatterns: handle.mentionPatterns }));
  if (!isWanted) return undefined;
  return { kind: "react", to: { ...handle.currentAddress(event.address), message }, emoji };
}

async function show(
  { paces, clock, signal }: AckOptions,
  handle: AccountHandle,
  connection: Connection,
  reaction: ReactOperation,
): Promise<void> {
  const { to } = reaction;
  const limit = childOf(signal);
  const cancelLimit = clock.after(LIMIT_MS, () => limit.abort());
  let call = "react";
  try {
    const { operations, pace } = connection.supports(to);
    if (operations.react === undefined) return;
    const key = newKey();
    for (const [index, part] of (await connection.prepare(reaction)).entries()) {
      call = part.call;
      if (paces.reserve(handle, to.chat, call, pace) > 0) return;
      const context: DispatchContext = {
        key: `${key}.${index}`,
        to,
        attempt: 1,
        firstAttemptAt: clock.now(),
        uncertain: false,
        previous: [],
        signal: limit.signal,
        open: () => Promise.reject(new Unknown("a reaction has no files")),
      };
      const error = () => new Unknown("it was given up before it was answered");
      await untilAborted(connection.dispatch(part, context), limit.signal, { error });
    }
  } catch (error) {
    if (signal.aborted) return;
    const failure = toCallError(error);
    handle.log.debug({ err: failure, chat: to.chat }, "the ackReaction could not be shown");
    if (isRateLimited(failure)) await paces.limited(handle, failure, to.chat, call);
  } finally {
    cancelLimit();
    limit.release();
  }
}
