/**
 * Notes that a turn has begun, while the agent already works. A turn that is answered within the same turn of the event loop needs no
 * note: its end says as much.
 */
export class Beginning {
  readonly #note: () => Promise<unknown>;
  readonly #immediate: NodeJS.Immediate;
  #noted: Promise<unknown> | undefined;

  constructor(note: () => Promise<unknown>) {
    this.#note = note;
    this.#immediate = setImmediate(() => {
      this.#noted = note();
      // Awaited below; until then a failure must not count as unhandled.
      this.#noted.catch(() => {});
    });
  }

  /** Nothing is noted any more afterwards. Rejects when the note failed. */
  async settled(): Promise<void> {
    clearImmediate(this.#immediate);
    await this.#noted;
  }

  /** The note is made afterwards. Rejects when it failed. */
  async noted(): Promise<void> {
    clearImmediate(this.#immediate);
    this.#noted ??= this.#note();
    await this.#noted;
  }
}
