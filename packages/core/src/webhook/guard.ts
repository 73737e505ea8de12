import type { Clock } from "../contract/connection.js";
import type { WebhookResponse } from "../contract/connector.js";
import { RecentMap } from "../recent-map.js";

/** Bounds of a guard. Refusals are given back evenly, all of them within a minute. */
export interface WebhookGuardLimits {
  /** Requests at work at once; those of clients that were never let in have half of it at most. Default 256. */
  readonly maxInFlight: number;
  /** Refused requests after which a client has to wait. Default 60. */
  readonly refusalsPerClient: number;
  /** Refused requests, of all clients together, after which those that were never let in have to wait. Default 1,000. */
  readonly refusals: number;
}

const DEFAULT_LIMITS: WebhookGuardLimits = { maxInFlight: 256, refusalsPerClient: 60, refusals: 1_000 };
const WINDOW_MS = 60_000;
/** Clients that are remembered; the one that was quiet for longest is forgotten. */
const MAX_CLIENTS = 10_000;
const MAX_KNOWN = 1_000;

export type WebhookAdmission =
  /** Call `leave` once, with the status of the answer, or without one when the client went away before it. */
  | { readonly ok: true; leave(status?: number): void }
  | { readonly ok: false; readonly response: WebhookResponse };

/**
 * What stands before the verification of webhooks, so that a flood of unsigned requests is turned away before its bodies are read.
 * Only requests that were refused (4xx) count: a platform whose requests hold is never slowed here.
 */
export interface WebhookGuard {
  /** @param client who asks, such as an IP address */
  enter(client: string): WebhookAdmission;
}

export function createWebhookGuard(clock: Clock, limits: Partial<WebhookGuardLimits> = {}): WebhookGuard {
  const { maxInFlight, refusalsPerClient, refusals } = { ...DEFAULT_LIMITS, ...limits };
  const all = new Budget(refusals);
  const clients = new RecentMap<string, Budget>(MAX_CLIENTS);
  /** Clients that had a request that held. */
  const known = new RecentMap<string, true>(MAX_KNOWN);
  let inFlight = 0;
  let ofStrangers = 0;

  const waitMs = (client: string, now: number) => {
    const own = clients.get(client)?.waitMs(now) ?? 0;
    return own > 0 || known.get(client) ? own : all.waitMs(now);
  };
  const judge = (client: string, status: number) => {
    if (status < 400) known.set(client, true);
    if (status < 400 || status >= 500) return;
    const now = clock.now();
    const own = clients.get(client) ?? new Budget(refusalsPerClient);
    clients.set(client, own);
    own.take(now);
    if (!known.get(client)) all.take(now);
  };
  return {
    enter(client) {
      const isStranger = known.get(client) === undefined;
      if (inFlight >= maxInFlight || (isStranger && ofStrangers >= maxInFlight / 2))
        return { ok: false, response: comeAgain(503, 1_000) };
      const wait = waitMs(client, clock.now());
      if (wait > 0) return { ok: false, response: comeAgain(429, wait) };
      inFlight += 1;
      if (isStranger) ofStrangers += 1;
      return {
        ok: true,
        leave(status) {
          inFlight -= 1;
          if (isStranger) ofStrangers -= 1;
          if (status !== undefined) judge(client, status);
        },
      };
    },
  };
}

function comeAgain(status: number, waitMs: number): WebhookResponse {
  const seconds = Math.max(1, Math.ceil(waitMs / 1_000));
  return { status, headers: { "retry-after": String(seconds) }, body: "Try again" };
}

/** A number of things per minute that come back evenly. */
class Budget {
  readonly #size: number;
  #used = 0;
  #at = 0;

  constructor(size: number) {
    this.#size = size;
  }

  take(now: number): void {
    this.#settle(now);
    this.#used += 1;
  }

  /** How long until there is one; 0 when there is. */
  waitMs(now: number): number {
    this.#settle(now);
    return Math.max(0, this.#used + 1 - this.#size) * (WINDOW_MS / this.#size);
  }

  #settle(now: number): void {
    this.#used = Math.max(0, this.#used - ((now - this.#at) / WINDOW_MS) * this.#size);
    this.#at = now;
  }
}
