import { type ConnectorError, Transient } from "./contract/errors.js";

export interface AbortOptions<T> {
  /** What the abort means for the work. Default: `Transient`. */
  readonly error?: () => ConnectorError;
  /** Takes a result that came after the signal, so that nothing stays open. */
  readonly late?: (result: T) => void;
}

/** The work's outcome, or a rejection as soon as the signal is aborted, for work that may not heed the signal itself. */
export function untilAborted<T>(
  work: Promise<T>,
  signal: AbortSignal,
  options: AbortOptions<T> = {},
): Promise<T> {
  const { error = () => new Transient("it was cancelled"), late } = options;
  return new Promise<T>((resolve, reject) => {
    const abort = () => reject(error());
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    const done = () => signal.removeEventListener("abort", abort);
    work.then(
      (result) => {
        done();
        if (signal.aborted) late?.(result);
        resolve(result);
      },
      (reason: unknown) => {
        done();
        reject(reason);
      },
    );
  });
}

/** A signal for one piece of work, which its parent aborts as well. */
export interface Child {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
  /** The work has ended; the parent no longer holds it. */
  release(): void;
}

/** As `AbortSignal.any`, which is far too slow for one or two signals per message. */
export function childOf(parent: AbortSignal): Child {
  const controller = new AbortController();
  const follow = () => controller.abort(parent.reason);
  if (parent.aborted) follow();
  else parent.addEventListener("abort", follow, { once: true });
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    release: () => parent.removeEventListener("abort", follow),
  };
}
