import { z } from "zod";
import type { Clock } from "../kit/clock.js";

/** Ids count from here, in Unix ms (Discord, "Snowflakes"). */
const EPOCH_MS = 1_420_070_400_000n;
/** Worker, process and increment, below the time. */
const LOW_BITS = 22n;

/** Makes Discord's ids out of the simulator's time: they rise, and none comes twice. */
export class Snowflakes {
  readonly #clock: Clock;
  #last = 0n;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  next(): string {
    const now = firstIdAt(this.#clock.now());
    this.#last = now > this.#last ? now : this.#last + 1n;
    return String(this.#last);
  }
}

/** The lowest id of this moment. */
export function firstIdAt(unixMs: number): bigint {
  return (BigInt(Math.floor(unixMs)) - EPOCH_MS) << LOW_BITS;
}

/** When something with this id was made, in Unix ms. */
export function timeOf(id: string): number {
  return Number((BigInt(id) >> LOW_BITS) + EPOCH_MS);
}

/** Orders ids by age: they differ in length. */
export function byId(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}

/** An id as clients send it. */
export const snowflake = z.union([z.string(), z.int().transform(String)]).superRefine((value, context) => {
  if (/^\d{1,20}$/.test(value)) return;
  context.addIssue({
    code: "custom",
    message: `Value "${value}" is not snowflake.`,
    params: { discord: "NUMBER_TYPE_COERCE" },
  });
});
