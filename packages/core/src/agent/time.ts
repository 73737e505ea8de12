import { type Child, childOf, untilAborted } from "../abort.js";
import type { Clock } from "../contract/connection.js";
import { Transient } from "../contract/errors.js";

/**
 * An agent that does not heed its signal keeps its session for so long after its time is over, in ms: a second turn beside it
 * could confuse an agent with one memory per session. Then the session goes on without it.
 */
const GRACE_MS = 30_000;

/** The time that one attempt of a turn has. */
export class TurnTime {
  /** Aborted when the time is over or the runtime stops. */
  readonly signal: AbortSignal;
  /** Unix time in ms. */
  readonly deadline: number;
  /** Aborted when nobody waits for the agent any more. */
  readonly #gone = new AbortController();
  readonly #stopping: AbortSignal;
  readonly #over: Child;
  #cancelTimer: () => void;

  /** @param stopping aborted when the runtime stops */
  constructor(clock: Clock, limitMs: number, stopping: AbortSignal) {
    this.#stopping = stopping;
    this.#over = childOf(stopping);
    this.signal = this.#over.signal;
    this.deadline = clock.now() + limitMs;
    this.#cancelTimer = clock.after(limitMs, () => {
      this.#cancelTimer = clock.after(GRACE_MS, () => this.#gone.abort());
      this.#over.abort(new Error(`the agent took longer than ${limitMs} ms`));
    });
    stopping.addEventListener("abort", this.#leave, { once: true });
  }

  /** The work's outcome; what an agent that was given up does later is dropped. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const error = () => new Transient("the agent did not end after its time was over");
    return untilAborted(new Promise<T>((resolve) => resolve(work())), this.#gone.signal, { error });
  }

  end(): void {
    this.#cancelTimer();
    this.#over.release();
    this.#stopping.removeEventListener("abort", this.#leave);
  }

  readonly #leave = () => {
    this.#cancelTimer();
    this.#gone.abort();
  };
}
