import { Transient } from "./contract/errors.js";

/**
 * The work's outcome, or a rejection as soon as the signal is aborted, for work that may not heed the signal itself.
 *
 * @param late takes a result that came after the signal, so that nothing stays open
 */
export function untilAborted<T>(
  work: Promise<T>,
  signal: AbortSignal,
  late?: (result: T) => void,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const abort = () => reject(new Transient("it was cancelled"));
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    work
      .then((result) => {
        if (signal.aborted) late?.(result);
        resolve(result);
      }, reject)
      .finally(() => signal.removeEventListener("abort", abort));
  });
}
