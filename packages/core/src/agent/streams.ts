import { streamingOf } from "../config/fields.js";
import type { AccountHandle } from "../connection/handle.js";
import type { StateChange } from "../contract/connection.js";
import type { Operation } from "../contract/operation.js";
import { isWake } from "../heartbeat/wake.js";
import type { StoredEvent } from "../store/port.js";
import type { AnswerOptions } from "./answer.js";
import { textInBlocks } from "./blocks.js";
import { type DraftOptions, TurnDraft } from "./draft.js";
import { growingText } from "./growing.js";
import type { Outcomes } from "./outcomes.js";
import { Quoting } from "./quoting.js";
import { wholeText } from "./text-stream.js";

export interface StreamsOptions extends DraftOptions {
  readonly outcomes: Outcomes;
}

/** How one attempt's answer is shown while it is being written. */
export interface AnswerStream extends Pick<AnswerOptions, "text" | "say" | "said" | "sentFiles" | "quoting"> {
  /** Something was said already, in this attempt or an earlier one. */
  isBegun(): boolean;
  /** Goes with the commit that ends the turn. */
  ending(): readonly StateChange[];
  /** What takes back what is shown, when no answer comes of it. */
  removal(): readonly Operation[];
}

export interface StreamPlace {
  /** There were attempts before. */
  readonly isRepeated: boolean;
  /** The turn's. */
  readonly signal: AbortSignal;
  /** Asked before anything is shown: the revision of the policy that lets it in. Rejects when none does any more. */
  readonly admit: () => Promise<number>;
}

/** Opens the stream of an attempt, as the account's config says and the connection can. */
export async function openStream(
  options: StreamsOptions,
  handle: AccountHandle,
  stored: StoredEvent,
  { isRepeated, signal, admit }: StreamPlace,
): Promise<AnswerStream> {
  const { store, outcomes, clock } = options;
  const { message: _, ...to } = stored.event.address;
  // What a chat sees of an answer to the host's own schedule is known when all of it is there.
  const isWhole = !handle.allows("streaming") || isWake(stored.event);
  const streaming = isWhole ? ({ mode: "off" } as const) : streamingOf(handle.config);
  const earlier = isRepeated ? await store.operationsOfTurn(stored.seq) : [];
  const sends = earlier.flatMap(({ session, operation }) =>
    session !== undefined && operation.kind === "send" && operation.isAside !== true ? [operation] : [],
  );
  const said = sends.flatMap(({ text }) => (text === "" ? [] : [text]));
  const sentFiles = sends.flatMap(({ attachments = [], refused }) => [
    ...attachments.map(({ spool }) => spool),
    ...(refused === undefined ? [] : [refused]),
  ]);
  const wasBegun = sends.length > 0;
  const quoting = new Quoting(handle, stored, wasBegun);
  const plain = { said, sentFiles, quoting, isBegun: () => wasBegun, ending: () => [], removal: () => [] };
  if (streaming.mode === "block") {
    let isBegun = wasBegun;
    const say = async (operations: readonly Operation[]) => {
      signal.throwIfAborted();
      await outcomes.say(handle, stored, operations, { policyRevision: await admit() });
      isBegun = true;
    };
    const sayBlock = (text: string) =>
      say([{ kind: "send", to, text, format: "markdown", ...quoting.take() }]);
    return {
      ...plain,
      isBegun: () => isBegun,
      say,
      text: textInBlocks({ ...streaming, clock, say: sayBlock }),
    };
  }
  const atFirst = handle.connection?.supports(to).draft;
  if (streaming.mode === "off" || atFirst === undefined || wasBegun) return { ...plain, text: wholeText() };
  const feature = () => handle.connection?.supports(handle.currentAddress(to)).draft ?? atFirst;
  const draft = new TurnDraft(options, { handle, turn: stored.seq, to, signal, quoting, admit });
  if (isRepeated) await draft.restore();
  const show = (text: string) => draft.show(text, feature().everyMs);
  return {
    ...plain,
    text: growingText({ feature, clock, show, draft: () => draft.message }),
    ending: () => draft.ending(),
    removal: () => draft.removal(),
  };
}
