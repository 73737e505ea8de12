import { childOf, untilAborted } from "../abort.js";
import { isRecord } from "../config/merge.js";
import type { AccountHandle } from "../connection/handle.js";
import type { Address } from "../contract/address.js";
import type { Clock, Draft, StateChange } from "../contract/connection.js";
import { isRateLimited, Transient, Unknown } from "../contract/errors.js";
import type { Operation } from "../contract/operation.js";
import type { Durably } from "../durable.js";
import type { Outbox } from "../outbox/outbox.js";
import type { PaceBook } from "../outbox/paces.js";
import { toCallError } from "../outbox/verdict.js";
import { outboxLane } from "../session/key.js";
import type { Store } from "../store/port.js";
import type { Shown } from "./growing.js";
import type { Quoting } from "./quoting.js";

const CALL_LIMIT_MS = 20_000;
/** The answer waits for a preview that is under way, so that it does not appear after it. */
const PREVIEW_LIMIT_MS = 3_000;
/** A note that nothing ever took away, such as one of an event that expired. */
const NOTE_LIFETIME_MS = 48 * 60 * 60_000;

export interface DraftOptions {
  readonly store: Store;
  readonly durably: Durably;
  readonly outbox: Outbox;
  readonly paces: PaceBook;
  readonly clock: Clock;
}

export interface DraftPlace {
  readonly handle: AccountHandle;
  /** Number of the turn's event. */
  readonly turn: number;
  readonly to: Address;
  /** The turn's. */
  readonly signal: AbortSignal;
  readonly quoting: Quoting;
  /** Rejects when the policy lets the event in no more. */
  readonly admit: () => Promise<unknown>;
}

interface Call {
  readonly to: Address;
  readonly everyMs: number;
  /** It was to be shown as one. */
  readonly isPreview: boolean;
}

/** What a call to show a draft is named in paces. Whether others are slowed by a platform's "wait" is for its scope to say. */
function callIn({ chat }: Address): string {
  return `draft ${chat}`;
}

/**
 * The message, or the preview, that shows a turn's answer while it is being written. The platform id of a message is noted in the store as
 * soon as it is known, so that the next attempt changes the same message. A preview leaves nothing.
 */
export class TurnDraft {
  readonly #options: DraftOptions;
  readonly #place: DraftPlace;
  readonly #key: string;
  #message: string | undefined;
  #isNoted = false;

  constructor(options: DraftOptions, place: DraftPlace) {
    this.#options = options;
    this.#place = place;
    this.#key = `draft/${place.turn}`;
  }

  get message(): string | undefined {
    return this.#message;
  }

  /** Finds the message of an earlier attempt. */
  async restore(): Promise<void> {
    const { store, clock } = this.#options;
    const { handle, to } = this.#place;
    const note = await store.stateGet(handle.owner.identity, this.#key, clock.now());
    if (!isRecord(note?.value)) return;
    this.#isNoted = true;
    const { message } = note.value;
    if (typeof message === "string") this.#message = message;
    else
      handle.log.warn(
        { chat: to.chat },
        "an unfinished answer may be left in the chat: its message is not known",
      );
  }

  /** See `GrowingOptions.show`. */
  async show(text: string, everyMs: number): Promise<Shown> {
    const { outbox, paces, clock } = this.#options;
    const { handle, turn, signal } = this.#place;
    const to = handle.currentAddress(this.#place.to);
    const { connection } = handle;
    if (connection?.draft === undefined) return { retryMs: everyMs };
    // What was said before must be there first.
    if (this.#message === undefined && !outbox.isIdle(handle, outboxLane(to))) return { retryMs: everyMs };
    const opensAt = paces.reserve(handle, to.chat, callIn(to), connection.supports(to).pace);
    if (opensAt > 0) return { retryMs: opensAt - clock.now() };
    const limit = childOf(signal);
    let cancelLimit = () => {};
    let isPreview = false;
    try {
      await this.#place.admit();
      isPreview = this.#message === undefined && connection.supports(to).draft?.refreshMs !== undefined;
      cancelLimit = clock.after(isPreview ? PREVIEW_LIMIT_MS : CALL_LIMIT_MS, () => limit.abort());
      // From here on it may be there.
      if (!isPreview && this.#message === undefined) await this.#note({});
      const givenUp = "a draft was given up before it was answered";
      const error = () => (isPreview ? new Transient(givenUp) : new Unknown(givenUp));
      const draft = { to, text, format: "markdown", answer: turn, ...this.#known() } as const;
      const { message } = await untilAborted(connection.draft(draft, limit.signal), limit.signal, { error });
      if (message !== undefined && this.#message !== message) {
        this.#message = message;
        await this.#note({ message });
      }
      return "shown";
    } catch (error) {
      return this.#failed(error, { to, everyMs, isPreview });
    } finally {
      cancelLimit();
      limit.release();
    }
  }

  /** Goes with the commit that ends the turn. */
  ending(): readonly StateChange[] {
    return this.#isNoted ? [{ key: this.#key, value: undefined }] : [];
  }

  /** Takes the message back when no answer comes. */
  removal(): readonly Operation[] {
    const { handle, to } = this.#place;
    const canDelete = handle.connection?.supports(to).operations.delete !== undefined;
    if (this.#message === undefined || !canDelete) return [];
    return [{ kind: "delete", to: { ...to, message: this.#message } }];
  }

  /** A draft is a courtesy: the answer comes whatever becomes of it. */
  async #failed(error: unknown, { to, everyMs, isPreview }: Call): Promise<Shown> {
    const { paces } = this.#options;
    const { handle, signal } = this.#place;
    if (signal.aborted) return "never";
    const failure = toCallError(error);
    handle.log.debug({ err: failure, chat: to.chat }, "an unfinished answer could not be shown");
    if (isRateLimited(failure)) {
      await paces.limited(handle, failure, to.chat, callIn(to));
      return { retryMs: failure.retryAfterMs };
    }
    const feature = isPreview ? handle.connection?.supports(to).draft : undefined;
    // Refused as a preview, it is a message from now on.
    if (feature !== undefined && feature.refreshMs === undefined) return { retryMs: 0 };
    return failure.code === "transient" ? { retryMs: everyMs } : "never";
  }

  #known(): Pick<Draft, "message" | "replyTo"> {
    return this.#message === undefined ? this.#place.quoting.next : { message: this.#message };
  }

  async #note(value: { readonly message?: string }): Promise<void> {
    const { store, durably, clock } = this.#options;
    const at = clock.now();
    const change = { key: this.#key, value, expiresAt: at + NOTE_LIFETIME_MS };
    this.#isNoted = true;
    await durably.do(() => store.stateBatch(this.#place.handle.owner.lease, [change], at));
  }
}
