import { untilAborted } from "../abort.js";
import { isShared } from "./key.js";

/** Waits for something without keeping a place that other work could use. */
export type Aside = <T>(wait: Promise<T>) => Promise<T>;

/** One turn at a time in a session that several lanes share, in the order in which they came. Other sessions have one lane. */
export class TurnTaking {
  /** Resolves when everything that came so far is done; by session, while there is any. */
  readonly #last = new Map<string, Promise<void>>();

  /** @param signal ends the waiting; the work is then not begun */
  async run<T>(session: string, aside: Aside, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    if (!isShared(session)) return work();
    const { promise: finished, resolve: finish } = Promise.withResolvers<void>();
    const before = this.#last.get(session);
    const last = before === undefined ? finished : before.then(() => finished);
    this.#last.set(session, last);
    void last.then(() => {
      if (this.#last.get(session) === last) this.#last.delete(session);
    });
    try {
      if (before !== undefined) await aside(untilAborted(before, signal));
      return await work();
    } finally {
      finish();
    }
  }
}
