/**
 * An agent's stream that ends with its time: once the signal is aborted, the agent's iterator is told to return, also while it
 * is at work on its next piece. Rejects with the agent's error, or with the signal's reason when the agent has settled; one that
 * never does is for the caller to give up.
 */
export async function* endedWith<T>(stream: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T, void> {
  const iterator = stream[Symbol.asyncIterator]();
  let isOpen = true;
  /** Ends the waiting for the next piece. */
  let wake = () => {};
  const end = () => {
    isOpen = false;
    if (iterator.return === undefined) return;
    const settled = () => wake();
    // Also when it fails at that: what an agent says after its time is dropped.
    new Promise((resolve) => resolve(iterator.return?.())).then(settled, settled);
  };
  const next = () =>
    new Promise<IteratorResult<T, unknown> | undefined>((resolve, reject) => {
      wake = () => resolve(undefined);
      iterator.next().then(resolve, reject);
    });
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) end();
  try {
    for (;;) {
      signal.throwIfAborted();
      const piece = await next().catch((error: unknown) => {
        isOpen = false;
        throw error;
      });
      signal.throwIfAborted();
      if (piece === undefined || piece.done === true) {
        isOpen = false;
        return;
      }
      yield piece.value;
    }
  } finally {
    signal.removeEventListener("abort", end);
    if (isOpen) await iterator.return?.();
  }
}
