/**
 * Bodies of what was stored a moment ago, by number, so that they need not be read back. What does not fit is read from the store; each
 * is given out once, since the store may know better afterwards.
 */
export class Fresh<T> {
  readonly #max: number;
  readonly #bodies = new Map<number, T>();

  /** @param max bodies kept at once; the oldest goes first */
  constructor(max: number) {
    this.#max = max;
  }

  keep(seq: number, body: T): void {
    this.#bodies.set(seq, body);
    if (this.#bodies.size <= this.#max) return;
    const [oldest] = this.#bodies.keys();
    if (oldest !== undefined) this.#bodies.delete(oldest);
  }

  take(seq: number): T | undefined {
    const body = this.#bodies.get(seq);
    if (body !== undefined) this.#bodies.delete(seq);
    return body;
  }
}
