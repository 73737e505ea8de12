import { z } from "zod";
import type { WaitOptions, Watch } from "./watch.js";

const scope = {
  /** Only calls of this method or these methods; of any method when left out. Case does not matter. */
  method: z.union([z.string(), z.array(z.string()).readonly()]).optional(),
  /** Only calls that name this chat. */
  chat: z.union([z.string(), z.int()]).optional(),
  /** Only calls of this account (for Telegram: the bot's username). */
  account: z.string().optional(),
  /** How many calls the rule hits before it is used up (for `flood`: how many floods). Default: 1. */
  times: z.union([z.int().positive(), z.literal("always")]).optional(),
};

/**
 * What goes wrong, and for which calls. The kinds:
 * - `status`: refused with this HTTP status, nothing done.
 * - `flood`: refused with 429 and a wait in s; calls during the wait are refused too and counted as `early`.
 * - `delay`: done `ms` later, on the simulator's clock.
 * - `hang`: never answered, nothing done; the socket stays open.
 * - `hangAfter`: done, but never answered.
 * - `reset`: the socket is reset before anything is done.
 * - `resetAfter`: done, then the socket is reset instead of an answer.
 * - `truncate`: done, then half of the answer is sent and the socket closed.
 */
export const faultRuleSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    ...scope,
    kind: z.literal("status"),
    status: z.int().min(400).max(599),
    /** The platform's error text; each platform has a default per status. */
    description: z.string().optional(),
    retryAfterSeconds: z.number().positive().optional(),
  }),
  z.strictObject({ ...scope, kind: z.literal("flood"), retryAfterSeconds: z.number().positive() }),
  z.strictObject({ ...scope, kind: z.literal("delay"), ms: z.number().nonnegative() }),
  z.strictObject({ ...scope, kind: z.enum(["hang", "hangAfter", "reset", "resetAfter", "truncate"]) }),
]);

export type FaultRule = z.infer<typeof faultRuleSchema>;
export type FaultKind = FaultRule["kind"];

/** The call that a fault may hit. */
export interface FaultTarget {
  method: string;
  chat?: string;
  account?: string;
}

/** What the platform must refuse a call with. */
export interface Refusal {
  status: number;
  description?: string;
  retryAfterSeconds?: number;
}

/** A fault rule at work. */
export class Fault {
  readonly id: number;
  readonly rule: FaultRule;
  readonly #watch: Watch;
  #left: number;
  #hits = 0;
  #early = 0;
  #floodUntil: number | undefined;
  #removed = false;

  constructor(id: number, rule: FaultRule, watch: Watch) {
    this.id = id;
    this.rule = rule;
    this.#watch = watch;
    this.#left = rule.times === "always" ? Number.POSITIVE_INFINITY : (rule.times ?? 1);
  }

  /** Calls that it hit, early ones included. */
  get hits(): number {
    return this.#hits;
  }

  /** For `flood`: calls that came before the wait they had been told was over. */
  get early(): number {
    return this.#early;
  }

  /** Whether it still hits calls at this time. */
  active(now: number): boolean {
    return !this.#removed && (this.#left > 0 || (this.#floodUntil !== undefined && now < this.#floodUntil));
  }

  remove(): void {
    this.#removed = true;
  }

  /** Resolves when it has hit this many calls (default 1). */
  async hit(times = 1, options: WaitOptions = {}): Promise<void> {
    await this.#watch.until(
      () => (this.#hits >= times ? true : undefined),
      (timeoutMs) =>
        `The fault ${JSON.stringify(this.rule)} hit ${this.#hits} of ${times} calls within ${timeoutMs} ms.`,
      options,
    );
  }

  /** Takes the call if the rule fits it. */
  take(target: FaultTarget, now: number): boolean {
    if (!this.active(now) || !this.#fits(target)) return false;
    this.#hits += 1;
    if (this.#floodUntil !== undefined && now < this.#floodUntil) {
      this.#early += 1;
    } else {
      this.#left -= 1;
      if (this.rule.kind === "flood") this.#floodUntil = now + this.rule.retryAfterSeconds * 1000;
    }
    return true;
  }

  /** How a hit call is to be refused; undefined for faults that are not refusals. */
  refusal(now: number): Refusal | undefined {
    if (this.rule.kind === "status") {
      const { status, description, retryAfterSeconds } = this.rule;
      return {
        status,
        ...(description === undefined ? {} : { description }),
        ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
      };
    }
    if (this.rule.kind === "flood") {
      const left = (this.#floodUntil ?? now) - now;
      return { status: 429, retryAfterSeconds: Math.max(1, Math.ceil(left / 1000)) };
    }
    return undefined;
  }

  #fits(target: FaultTarget): boolean {
    const { method, chat, account } = this.rule;
    const methods =
      method === undefined || typeof method === "string" ? method : method.map((m) => m.toLowerCase());
    const name = target.method.toLowerCase();
    if (typeof methods === "string" ? methods.toLowerCase() !== name : methods?.includes(name) === false)
      return false;
    if (chat !== undefined && String(chat) !== target.chat) return false;
    return account === undefined || account === target.account;
  }
}

/** The fault rules of a simulator, asked in the order in which they were added; the first that fits takes the call. */
export class Faults {
  readonly #watch: Watch;
  #faults: Fault[] = [];
  #nextId = 1;

  constructor(watch: Watch) {
    this.#watch = watch;
  }

  add(rule: FaultRule): Fault {
    const fault = new Fault(this.#nextId++, faultRuleSchema.parse(rule), this.#watch);
    this.#faults.push(fault);
    return fault;
  }

  take(target: FaultTarget, now: number): Fault | undefined {
    this.#faults = this.#faults.filter((fault) => fault.active(now));
    const fault = this.#faults.find((candidate) => candidate.take(target, now));
    if (fault !== undefined) this.#watch.poke();
    return fault;
  }

  /** The rules that can still hit calls. */
  active(now: number): Fault[] {
    return this.#faults.filter((fault) => fault.active(now));
  }

  clear(): void {
    for (const fault of this.#faults) fault.remove();
    this.#faults = [];
  }
}
