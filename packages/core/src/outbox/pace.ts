import type { Clock } from "../contract/connection.js";
import type { RateLimited } from "../contract/errors.js";
import type { Pace } from "../contract/features.js";
import { RecentMap } from "../recent-map.js";

/** Scopes that are remembered at once; the one unused longest goes first. */
const MAX_SCOPES = 10_000;

/** As a connector declares it in its limits. */
export interface Paces {
  readonly chat?: readonly Pace[];
  readonly account?: readonly Pace[];
}

/** A scope that the platform closed: `account`, `chat <id>` or `method <name>`. */
interface Closure {
  readonly scope: string;
  /** Unix time in ms. */
  readonly until: number;
}

/**
 * When one may call: after the platform's own "wait", and within the pace that the connector declares. One per identity.
 */
export class PaceKeeper {
  readonly #clock: Clock;
  /** Unix time in ms until which a scope is closed. */
  readonly #closedUntil = new RecentMap<string, number>(MAX_SCOPES);
  /** Times of the latest calls of a paced scope, oldest first. */
  readonly #calls = new RecentMap<string, number[]>(MAX_SCOPES);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The platform said to wait. */
  limited(error: RateLimited, chat: string, call: string): Closure {
    const scope =
      error.scope === "account" ? "account" : error.scope === "chat" ? `chat ${chat}` : `method ${call}`;
    const until = this.#clock.now() + error.retryAfterMs;
    this.close({ scope, until });
    return { scope, until };
  }

  close({ scope, until }: Closure): void {
    if (until > (this.#closedUntil.get(scope) ?? 0)) this.#closedUntil.set(scope, until);
  }

  /**
   * Takes a call's place in the pace, checked and taken at once, so that two lanes cannot take the same place.
   *
   * @returns 0, or the Unix time in ms at which to ask again
   */
  reserve(chat: string, call: string, pace: Paces | undefined): number {
    const opensAt = this.#openAt(chat, call, pace);
    if (opensAt > this.#clock.now()) return opensAt;
    if (pace?.account !== undefined) this.#note("account", pace.account);
    if (pace?.chat !== undefined) this.#note(`chat ${chat}`, pace.chat);
    return 0;
  }

  /** What the platform said, apart from any declared pace. */
  closedUntil(chat: string, call: string): number {
    return Math.max(
      this.#closedUntil.get("account") ?? 0,
      this.#closedUntil.get(`chat ${chat}`) ?? 0,
      this.#closedUntil.get(`method ${call}`) ?? 0,
    );
  }

  #openAt(chat: string, call: string, pace: Paces | undefined): number {
    return Math.max(
      this.closedUntil(chat, call),
      ...(pace?.account ?? []).map((each) => this.#paceOpensAt("account", each)),
      ...(pace?.chat ?? []).map((each) => this.#paceOpensAt(`chat ${chat}`, each)),
    );
  }

  #paceOpensAt(scope: string, pace: Pace): number {
    const oldestThatCounts = this.#calls.get(scope)?.at(-pace.count);
    return oldestThatCounts === undefined ? 0 : oldestThatCounts + pace.perMs;
  }

  #note(scope: string, paces: readonly Pace[]): void {
    const calls = this.#calls.get(scope) ?? [];
    calls.push(this.#clock.now());
    const most = Math.max(...paces.map(({ count }) => count));
    if (calls.length > most) calls.splice(0, calls.length - most);
    this.#calls.set(scope, calls);
  }
}
