/** Values that one side gives as they come and the other reads; nothing is taken after the end. */
export class Outputs<T> implements AsyncIterable<T> {
  readonly #waiting: T[] = [];
  #ended: { readonly error?: unknown } | undefined;
  #wake: () => void = () => {};

  /** False when nobody reads any more. */
  push(value: T): boolean {
    if (this.#ended !== undefined) return false;
    this.#waiting.push(value);
    this.#wake();
    return true;
  }

  /** The reader ends after what was given, with the error where there is one. False when it has ended already. */
  end(failure: { readonly error?: unknown } = {}): boolean {
    if (this.#ended !== undefined) return false;
    this.#ended = failure;
    this.#wake();
    return true;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void> {
    for (;;) {
      const next = this.#waiting.splice(0);
      yield* next;
      if (next.length > 0) continue;
      if (this.#ended !== undefined) {
        if ("error" in this.#ended) throw this.#ended.error;
        return;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
