import { z } from "zod";
import type { Clock } from "../kit/clock.js";
import { SimulatorError } from "../kit/errors.js";
import { ApiError } from "./errors.js";

/** Unconfirmed updates are kept this long (Bot API, "Getting updates"). */
const KEPT_MS = 24 * 60 * 60 * 1000;
/** A longer `timeout` of getUpdates is cut to this (telegram-bot-api, LONG_POLL_MAX_TIMEOUT). */
const MAX_POLL_SECONDS = 50;
/** An offset further ahead than this, or further behind than the second, counts as none (TDLib, TQueue). */
const OFFSET_AHEAD = 10;
const OFFSET_BEHIND = 2_000_000;
const MAX_PENDING = 100_000;
const KEPT_CONFIRMED = 100;

const ON_REQUEST_ONLY = new Set(["chat_member", "message_reaction", "message_reaction_count"]);
const KINDS = new Set([
  ...ON_REQUEST_ONLY,
  "message",
  "edited_message",
  "channel_post",
  "edited_channel_post",
  "business_connection",
  "business_message",
  "edited_business_message",
  "deleted_business_messages",
  "guest_message",
  "inline_query",
  "chosen_inline_result",
  "callback_query",
  "shipping_query",
  "pre_checkout_query",
  "purchased_paid_media",
  "poll",
  "poll_answer",
  "my_chat_member",
  "chat_join_request",
  "chat_boost",
  "removed_chat_boost",
  "managed_bot",
  "stopped_message_generation",
  "subscription",
]);

/** An update as it goes over the wire: `update_id` and one further field. */
export type WireUpdate = { update_id: number } & { [kind: string]: unknown };

interface Queued {
  update: WireUpdate;
  expiresAt: number;
}

interface Poll {
  offset: number;
  limit: number;
  end: (result: WireUpdate[] | ApiError) => void;
}

export interface PollRequest {
  offset: number;
  limit: number;
  timeoutSeconds: number;
  gone: AbortSignal;
}

/** The updates of one bot: numbered, filtered by `allowed_updates`, kept until confirmed, handed out by long polling. */
export class UpdateQueue {
  readonly #clock: Clock;
  #pending: Queued[] = [];
  #confirmed: WireUpdate[] = [];
  #replayed: WireUpdate[] = [];
  #reverseNext = false;
  #nextId: number;
  #allowed: Set<string> | undefined;
  #poll: Poll | undefined;
  readonly #changed: () => void;
  /** Called when there is something to hand out. */
  onPush: () => void = () => {};

  /** @param changed Told when a poll begins to wait and when updates are confirmed. */
  constructor(clock: Clock, firstId: number, changed: () => void) {
    this.#clock = clock;
    this.#changed = changed;
    this.#nextId = firstId;
  }

  /** Unconfirmed updates, oldest first. */
  get pending(): WireUpdate[] {
    this.#expire();
    return this.#pending.map(({ update }) => update);
  }

  /** The setting of the last getUpdates or setWebhook; undefined: all but those that must be asked for. */
  get allowed(): string[] | undefined {
    return this.#allowed === undefined ? undefined : [...this.#allowed];
  }

  /** Whether a getUpdates call waits now. */
  get polling(): boolean {
    return this.#poll !== undefined;
  }

  /** `allowed_updates` as Telegram reads it: left out keeps the setting, empty or nothing known restores the default. */
  allow(kinds: readonly string[] | undefined): void {
    if (kinds === undefined) return;
    const known = kinds.map((kind) => kind.toLowerCase()).filter((kind) => KINDS.has(kind));
    this.#allowed = known.length === 0 ? undefined : new Set(known);
  }

  /** Adds an update of this kind, unless the bot does not want it; then it is gone for good, as with Telegram. */
  push(kind: string, body: unknown): number | undefined {
    if (KINDS.has(kind) && !(this.#allowed?.has(kind) ?? !ON_REQUEST_ONLY.has(kind))) return undefined;
    const update: WireUpdate = { update_id: this.#nextId, [kind]: body };
    this.#enqueue(update);
    return update.update_id;
  }

  /** Adds a raw update; with `keepId` under its own `update_id`, which must be ahead of all pending ones. */
  pushRaw(raw: unknown, keepId: boolean): number | undefined {
    const { update_id: id, ...rest } = rawUpdateSchema.parse(raw);
    const kind = Object.keys(rest)[0];
    if (kind === undefined)
      throw new SimulatorError("A raw update needs a field besides update_id, such as `message`.");
    if (keepId && id !== undefined) this.setNextId(id);
    return this.push(kind, rest[kind]);
  }

  /** The next `update_id`. Telegram starts again anywhere, also lower, after a week without updates. */
  setNextId(id: number): void {
    const last = this.#pending.at(-1)?.update.update_id;
    if (last !== undefined && id <= last) {
      throw new SimulatorError(
        `update_id ${id} is not ahead of the pending update ${last}; confirm or drop that first.`,
      );
    }
    this.#nextId = id;
  }

  /** Hands the last `count` confirmed updates out once more, under their old ids, with the next answer. */
  redeliver(count: number): WireUpdate[] {
    const again = this.#confirmed.slice(-count);
    this.#replayed.push(...again);
    this.#wake();
    return again;
  }

  /** The next answer with more than one update has them in reverse order. */
  reverse(): void {
    this.#reverseNext = true;
  }

  /** getUpdates. @throws ApiError 409 when another getUpdates or setWebhook takes over. */
  async poll({ offset, limit, timeoutSeconds, gone }: PollRequest): Promise<WireUpdate[]> {
    this.#forget(offset);
    const ready = this.#take(limit);
    if (ready.length > 0 || timeoutSeconds <= 0) return ready;
    this.interrupt(
      new ApiError(
        409,
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
      ),
    );
    const result = await new Promise<WireUpdate[] | ApiError>((resolve) => {
      const end = (answer: WireUpdate[] | ApiError) => {
        cancel();
        if (this.#poll === poll) this.#poll = undefined;
        resolve(answer);
      };
      const poll: Poll = { offset, limit, end };
      const cancel = this.#clock.after(Math.min(timeoutSeconds, MAX_POLL_SECONDS) * 1000, () => end([]));
      gone.addEventListener("abort", () => end([]), { once: true });
      this.#poll = poll;
      this.#changed();
    });
    if (result instanceof ApiError) throw result;
    return result;
  }

  /** Ends the waiting getUpdates call with an error. */
  interrupt(error: ApiError): void {
    this.#poll?.end(error);
  }

  /** Confirms one update (webhooks confirm one by one). */
  confirm(id: number): void {
    this.#keepConfirmed(this.#pending.filter(({ update }) => update.update_id === id));
    this.#pending = this.#pending.filter(({ update }) => update.update_id !== id);
  }

  /** For webhooks: what was asked to be handed out again. */
  takeReplayed(): WireUpdate[] {
    return this.#replayed.splice(0);
  }

  /** Whether the next batch is to be reversed; asking resets it. */
  takeReverse(): boolean {
    const reverse = this.#reverseNext;
    this.#reverseNext = false;
    return reverse;
  }

  clear(): void {
    this.#pending = [];
    this.#changed();
  }

  #enqueue(update: WireUpdate): void {
    if (this.#pending.length >= MAX_PENDING)
      throw new SimulatorError(`More than ${MAX_PENDING} updates are pending.`);
    this.#nextId = update.update_id + 1;
    this.#pending.push({ update, expiresAt: this.#clock.now() + KEPT_MS });
    this.#wake();
  }

  /** Updates that are added in the same turn of the event loop go out together. */
  #wake(): void {
    this.onPush();
    setImmediate(() => {
      const poll = this.#poll;
      if (poll === undefined) return;
      const ready = this.#take(poll.limit);
      if (ready.length > 0) poll.end(ready);
    });
  }

  #take(limit: number): WireUpdate[] {
    this.#expire();
    const fresh = this.#pending.slice(0, limit).map(({ update }) => update);
    const batch = [...this.#replayed.splice(0), ...fresh];
    return batch.length > 1 && this.takeReverse() ? batch.reverse() : batch;
  }

  #forget(offset: number): void {
    this.#expire();
    if (offset < 0) {
      this.#keepConfirmed(this.#pending.splice(0, Math.max(0, this.#pending.length + offset)));
    } else if (offset <= this.#nextId + OFFSET_AHEAD && offset >= this.#nextId - OFFSET_BEHIND) {
      this.#keepConfirmed(this.#pending.filter(({ update }) => update.update_id < offset));
      this.#pending = this.#pending.filter(({ update }) => update.update_id >= offset);
    }
  }

  #keepConfirmed(confirmed: readonly Queued[]): void {
    if (confirmed.length === 0) return;
    this.#confirmed = [...this.#confirmed, ...confirmed.map(({ update }) => update)].slice(-KEPT_CONFIRMED);
    setImmediate(this.#changed);
  }

  #expire(): void {
    const now = this.#clock.now();
    if ((this.#pending[0]?.expiresAt ?? now) < now) {
      this.#pending = this.#pending.filter(({ expiresAt }) => expiresAt >= now);
    }
  }
}

const rawUpdateSchema = z.looseObject({ update_id: z.int().optional() });
