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
  readonly #over = new AbortController();
  readonly #stopping: AbortSignal;
  #cancelTimer: () => void;
  /** Nobody waits for the agent any more. */
  #isGone = false;
  #giveUp = () => {};

  /** @param stopping aborted when the runtime stops */
  constructor(clock: Clock, limitMs: number, stopping: AbortSignal) {
    this.#stopping = stopping;
    this.signal = this.#over.signal;
    this.deadline = clock.now() + limitMs;
    this.#cancelTimer = clock.after(limitMs, () => {
      this.#cancelTimer = clock.after(GRACE_MS, () => this.#leave());
      this.#over.abort(new Error(`the agent took longer than ${limitMs} ms`));
    });
    if (stopping.aborted) this.#stop();
    else stopping.addEventListener("abort", this.#stop, { once: true });
  }

  /** The work's outcome; what an agent that was given up does later is dropped. */
  run<T>(work: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#giveUp = () => reject(new Transient("the agent did not end after its time was over"));
      if (this.#isGone) this.#giveUp();
      work().then(resolve, reject);
    });
  }

  end(): void {
    this.#cancelTimer();
    this.#stopping.removeEventListener("abort", this.#stop);
  }

  #leave(): void {
    this.#isGone = true;
    this.#giveUp();
  }

  readonly #stop = () => {
    this.#cancelTimer();
    this.#over.abort(this.#stopping.reason);
    this.#leave();
  };
}
