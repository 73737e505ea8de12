import { createHash } from "node:crypto";
import type { RateLimit } from "../errors.js";

interface Bucket {
  limit: number;
  windowMs: number;
}

/** Requests of a bot in a second, over all routes (Discord, "Global Rate Limit"). */
const GLOBAL: Bucket = { limit: 50, windowMs: 1_000 };
/** Answers with 401, 403 or 429 in ten minutes, after which the address is shut out (Discord, "Invalid Request Limit"). */
const INVALID: Bucket = { limit: 10_000, windowMs: 600_000 };

const USUAL: Bucket = { limit: 10, windowMs: 10_000 };
/** Discord publishes none of these numbers; they are what its headers say. */
const BUCKETS: { readonly [route: string]: Bucket } = {
  createMessage: { limit: 5, windowMs: 5_000 },
  editMessage: { limit: 5, windowMs: 5_000 },
  deleteMessage: { limit: 5, windowMs: 1_000 },
  getChannelMessages: { limit: 5, windowMs: 5_000 },
  createReaction: { limit: 1, windowMs: 250 },
  deleteOwnReaction: { limit: 1, windowMs: 250 },
  triggerTypingIndicator: { limit: 5, windowMs: 5_000 },
};

export interface LimitState {
  headers: Record<string, string>;
  /** Set when the call is one too many. */
  exceeded?: RateLimit;
}

/** Counts calls per route and channel or server, and writes the headers that say so. */
export class RateLimits {
  readonly #enforced: boolean;
  readonly #calls = new Map<string, number[]>();
  #invalid: number[] = [];

  /** @param enforced false: the headers say how much is left as if every call came alone */
  constructor(enforced: boolean) {
    this.#enforced = enforced;
  }

  /** Takes one call into account. */
  take(caller: string, route: string, major: string, now: number): LimitState {
    const bucket = BUCKETS[route] ?? USUAL;
    const name = createHash("md5").update(route).digest("hex");
    const key = `${caller}/${route}/${major}`;
    const used = this.#used(key, bucket, now);
    const overall = this.#used(caller, GLOBAL, now);
    const [first] = used;
    const resetMs = first === undefined ? bucket.windowMs : first + bucket.windowMs - now;
    const full = this.#enforced && used.length >= bucket.limit;
    const headers = limitHeaders(bucket.limit, this.#left(bucket, used.length, full), resetMs, name, now);
    if (this.#enforced && overall.length >= GLOBAL.limit) {
      const waitMs = (overall[0] ?? now) + GLOBAL.windowMs - now;
      return { headers, exceeded: { retryAfterSeconds: waitMs / 1000, scope: "global" } };
    }
    if (full) return { headers, exceeded: { retryAfterSeconds: resetMs / 1000, scope: "user" } };
    used.push(now);
    overall.push(now);
    return { headers };
  }

  /** Whether so much was refused lately that Discord's front door answers instead. */
  isShutOut(now: number): boolean {
    this.#invalid = this.#invalid.filter((at) => at > now - INVALID.windowMs);
    return this.#invalid.length >= INVALID.limit;
  }

  countInvalid(now: number): void {
    this.#invalid.push(now);
  }

  #left({ limit }: Bucket, used: number, full: boolean): number {
    if (full) return 0;
    return this.#enforced ? limit - used - 1 : limit - 1;
  }

  #used(key: string, { windowMs }: Bucket, now: number): number[] {
    const used = this.#enforced ? (this.#calls.get(key) ?? []).filter((at) => at > now - windowMs) : [];
    if (this.#enforced) this.#calls.set(key, used);
    return used;
  }
}

function limitHeaders(limit: number, left: number, resetMs: number, bucket: string, now: number) {
  return {
    "x-ratelimit-limit": String(limit),
    "x-ratelimit-remaining": String(left),
    "x-ratelimit-reset": ((now + resetMs) / 1000).toFixed(3),
    "x-ratelimit-reset-after": (resetMs / 1000).toFixed(3),
    "x-ratelimit-bucket": bucket,
  };
}

/** Of a 429, from a limit or from a fault. */
export function refusalHeaders({ retryAfterSeconds, scope }: RateLimit): Record<string, string> {
  return {
    "retry-after": String(Math.ceil(retryAfterSeconds)),
    "x-ratelimit-scope": scope,
    ...(scope === "global"
      ? { "x-ratelimit-global": "true" }
      : { "x-ratelimit-remaining": "0", "x-ratelimit-reset-after": retryAfterSeconds.toFixed(3) }),
  };
}
