import { createHmac } from "node:crypto";
import type { Clock } from "@elizaos/connector-core";
import type { Journal } from "@elizaos/connector-simulators/kit";
import type { WireEvent } from "../wire.js";

/** After a delivery that was not answered with 2xx; then it is given up. */
const RETRY_AFTER_MS = [1_000, 5_000, 30_000, 120_000, 600_000, 1_800_000];
/** A receiver that takes longer has not received, whatever it says afterwards. */
const DEADLINE_MS = 5_000;
const EVENTS_PER_REQUEST = 100;
/** Events beyond this are lost. */
const QUEUE_LIMIT = 20_000;

export interface Hook {
  readonly url: string;
  /** Key of the signatures; at least 6 characters. */
  readonly secret: string;
}

/** One attempt of a delivery; `status` 0 means that there was no answer. */
export interface DeliveryAttempt {
  readonly delivery: string;
  readonly attempt: number;
  readonly events: readonly WireEvent[];
  readonly status: number;
  readonly answer: string;
}

export interface CourierOptions {
  readonly clock: Clock;
  readonly attempts: Journal<DeliveryAttempt>;
  readonly closed: AbortSignal;
  readonly changed: () => void;
  /** Told of events whose delivery was acknowledged. */
  readonly received: (events: readonly WireEvent[]) => void;
}

/** Signs and delivers events of all accounts to one URL, several in one request, again until they are acknowledged. */
export class Courier {
  readonly #clock: Clock;
  readonly #attempts: Journal<DeliveryAttempt>;
  readonly #closed: AbortSignal;
  readonly #changed: () => void;
  readonly #received: (events: readonly WireEvent[]) => void;
  #hook: Hook | undefined;
  #queue: WireEvent[] = [];
  #held = 0;
  #flushing = false;
  #underWay = 0;
  #deliveries = 0;
  #lost = 0;

  constructor({ clock, attempts, closed, changed, received }: CourierOptions) {
    this.#clock = clock;
    this.#attempts = attempts;
    this.#closed = closed;
    this.#changed = changed;
    this.#received = received;
  }

  /** Events that were given up. */
  get lost(): number {
    return this.#lost;
  }

  /** Nothing waits to be delivered. */
  get idle(): boolean {
    return this.#queue.length === 0 && this.#underWay === 0;
  }

  /** Proves that the URL answers for itself; throws what was wrong. */
  async register(hook: Hook): Promise<void> {
    const challenge = `challenge-${this.#clock.now()}`;
    const answer = await this.post({ type: "challenge", challenge }, hook);
    const text = await answer.text();
    if (!answer.ok || text !== challenge)
      throw new Error(`${hook.url} answered the challenge with ${answer.status} "${text.slice(0, 100)}"`);
    this.#hook = hook;
  }

  add(event: WireEvent): void {
    if (this.#hook === undefined) return;
    if (this.#queue.length >= QUEUE_LIMIT) {
      this.#lost += 1;
      return;
    }
    this.#queue.push(event);
    if (this.#held > 0 || this.#flushing) return;
    this.#flushing = true;
    setImmediate(() => this.#flush());
  }

  /** What happens during `work` goes out in one request, last event first when `reversed`. */
  async together(work: () => unknown, reversed: boolean): Promise<void> {
    this.#held += 1;
    try {
      await work();
      if (reversed) this.#queue.reverse();
    } finally {
      this.#held -= 1;
      this.#flush();
    }
  }

  /** Sends the events of an earlier delivery again, under its id, as if its acknowledgement had been lost. */
  async again(attempt: DeliveryAttempt): Promise<DeliveryAttempt> {
    const made = await this.#attempt(attempt.delivery, attempt.attempt + 1, attempt.events, this.#known());
    this.#attempts.add(made);
    return made;
  }

  /** One signed request. `sign` changes what stands in its headers. */
  post(
    body: unknown,
    hook: Hook = this.#known(),
    sign: { readonly secret?: string; readonly at?: number; readonly without?: true } = {},
  ): Promise<Response> {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const at = String(Math.floor((sign.at ?? this.#clock.now()) / 1_000));
    const headers = sign.without ? {} : signed(text, at, sign.secret ?? hook.secret);
    const late = new AbortController();
    const cancel = this.#clock.after(DEADLINE_MS, () => late.abort());
    const signal = AbortSignal.any([this.#closed, late.signal]);
    return fetch(hook.url, {
      method: "POST",
      body: text,
      headers: { "content-type": "application/json", ...headers },
      signal,
    }).finally(cancel);
  }

  #known(): Hook {
    if (this.#hook === undefined)
      throw new Error("No webhook is registered: call platform.webhook.register first");
    return this.#hook;
  }

  #flush(): void {
    this.#flushing = false;
    const hook = this.#hook;
    while (hook !== undefined && this.#held === 0 && this.#queue.length > 0) {
      const events = this.#queue.splice(0, EVENTS_PER_REQUEST);
      this.#deliveries += 1;
      this.#underWay += 1;
      void this.#deliver(`d-${this.#deliveries}`, events, hook).finally(() => {
        this.#underWay -= 1;
        this.#changed();
      });
    }
  }

  async #deliver(delivery: string, events: readonly WireEvent[], hook: Hook): Promise<void> {
    for (let attempt = 1; !this.#closed.aborted; attempt++) {
      const made = await this.#attempt(delivery, attempt, events, hook);
      const received = made.status >= 200 && made.status < 300;
      if (received) this.#received(events);
      const wait = received ? undefined : RETRY_AFTER_MS[attempt - 1];
      // The next attempt is on the clock before anybody who waits for this one can turn it.
      const again = wait === undefined ? undefined : this.#after(wait);
      this.#attempts.add(made);
      if (again === undefined) {
        if (!received) this.#lost += events.length;
        return;
      }
      await again;
    }
  }

  async #attempt(
    delivery: string,
    attempt: number,
    events: readonly WireEvent[],
    hook: Hook,
  ): Promise<DeliveryAttempt> {
    const outcome = await this.post({ type: "events", delivery, events }, hook).then(
      async (response) => ({ status: response.status, answer: await response.text() }),
      (error: unknown) => ({ status: 0, answer: String(error) }),
    );
    return { delivery, attempt, events, ...outcome };
  }

  #after(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        cancel();
        this.#closed.removeEventListener("abort", end);
        resolve();
      };
      const cancel = this.#clock.after(ms, end);
      this.#closed.addEventListener("abort", end, { once: true });
    });
  }
}

/** The headers by which a receiver knows the platform. `at` in s. */
export function signed(text: string, at: string, secret: string): Readonly<Record<string, string>> {
  const signature = createHmac("sha256", secret).update(`${at}.${text}`).digest("hex");
  return { "toy-timestamp": at, "toy-signature": `v1=${signature}` };
}
