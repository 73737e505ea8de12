import { z } from "zod";
import { type Clock, pause } from "../kit/clock.js";
import { describeFailure, OUTAGES, type Outage } from "./outages.js";
import type { UpdateQueue, WireUpdate } from "./updates.js";

/** Waits between attempts: none before the second, then doubled up to the longest (telegram-bot-api, WebhookActor). */
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 60_000;
const ANSWER_TIMEOUT_MS = 60_000;
export const DEFAULT_MAX_CONNECTIONS = 40;

export interface WebhookSettings {
  url: string;
  secretToken?: string;
  maxConnections: number;
  ipAddress?: string;
}

/** A call of the Bot API in the answer to a request. Nobody learns what came of it (Bot API: "Making requests when getting updates"). */
export type CallInAnswer = (method: string, params: Record<string, unknown>) => void;

/** Posts a bot's updates to its webhook: those of one chat in order, those of different chats side by side. */
export class WebhookSender {
  readonly settings: WebhookSettings;
  readonly #clock: Clock;
  readonly #queue: UpdateQueue;
  readonly #stopped = new AbortController();
  readonly #busy = new Set<string>();
  readonly #changed: () => void;
  readonly #call: CallInAnswer;
  readonly #outage: () => Outage | undefined;
  #lastError: { at: number; message: string } | undefined;

  /**
   * @param changed Told after a failed delivery.
   * @param call Makes the call that a request was answered with.
   * @param outage Why no delivery gets through now; undefined when they do.
   */
  constructor(
    settings: WebhookSettings,
    queue: UpdateQueue,
    clock: Clock,
    changed: () => void,
    call: CallInAnswer,
    outage: () => Outage | undefined,
  ) {
    this.settings = settings;
    this.#outage = outage;
    this.#call = call;
    this.#queue = queue;
    this.#clock = clock;
    this.#changed = changed;
    queue.onPush = () => this.#pump();
    this.#pump();
  }

  /** The last failed delivery, `at` in ms of the clock. */
  get lastError(): { at: number; message: string } | undefined {
    return this.#lastError;
  }

  stop(): void {
    this.#queue.onPush = () => {};
    this.#stopped.abort();
  }

  #pump(): void {
    setImmediate(() => {
      if (this.#stopped.signal.aborted) return;
      for (const update of this.#queue.takeReplayed()) void this.#post(update);
      const pending = this.#queue.pending;
      const order = pending.length > 1 && this.#queue.takeReverse() ? pending.reverse() : pending;
      for (const update of order) {
        const chat = chatOf(update);
        if (this.#busy.has(chat) || this.#busy.size >= this.settings.maxConnections) continue;
        this.#busy.add(chat);
        void this.#deliver(update).then(() => {
          this.#busy.delete(chat);
          this.#pump();
        });
      }
    });
  }

  async #deliver(update: WireUpdate): Promise<void> {
    const stopped = this.#stopped.signal;
    for (let attempt = 1; !stopped.aborted; attempt += 1) {
      const result = await this.#post(update);
      if (stopped.aborted) return;
      if (result === "accepted") return this.#queue.confirm(update.update_id);
      if (!this.#queue.pending.includes(update)) return;
      const backOff = attempt === 1 ? 0 : Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (attempt - 2));
      const wait = result.retryAfterMs ?? backOff;
      if (wait > 0) await pause(this.#clock, wait, stopped);
    }
  }

  async #post(update: WireUpdate): Promise<"accepted" | { retryAfterMs?: number }> {
    const { url, secretToken } = this.settings;
    const outage = this.#outage();
    if (outage !== undefined) {
      this.#failed(OUTAGES[outage]);
      return {};
    }
    try {
      const response = await fetch(url, {
        method: "POST",
        redirect: "manual",
        headers: {
          "content-type": "application/json",
          ...(secretToken === undefined ? {} : { "x-telegram-bot-api-secret-token": secretToken }),
        },
        body: JSON.stringify(update),
        signal: AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]),
      });
      const answer = await response.text();
      if (response.ok) {
        this.#callIn(answer);
        return "accepted";
      }
      this.#failed(`Wrong response from the webhook: ${response.status} ${response.statusText}`);
      const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
      return seconds > 0 ? { retryAfterMs: seconds * 1000 } : {};
    } catch (error) {
      // A stopped sender aborts its requests; anything else is Telegram's "could not reach the webhook".
      if (!this.#stopped.signal.aborted) this.#failed(describeFailure(error));
      return {};
    }
  }

  #callIn(answer: string): void {
    const call = callSchema.safeParse(parseJson(answer));
    if (!call.success) return;
    const { method, ...params } = call.data;
    this.#call(method, params);
  }

  #failed(message: string): void {
    this.#lastError = { at: this.#clock.now(), message };
    setImmediate(this.#changed);
  }
}

const callSchema = z.looseObject({ method: z.string() });

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // An answer need not be JSON.
    return undefined;
  }
}

/** Updates with the same key are delivered one after the other. */
function chatOf(update: WireUpdate): string {
  for (const [kind, body] of Object.entries(update)) {
    if (typeof body !== "object" || body === null) continue;
    const chat = "chat" in body ? idOf(body.chat) : "from" in body ? idOf(body.from) : undefined;
    return `${kind.replace(/^edited_/, "")}:${chat ?? ""}`;
  }
  return "";
}

function idOf(value: unknown): string | undefined {
  return typeof value === "object" && value !== null && "id" in value ? String(value.id) : undefined;
}
