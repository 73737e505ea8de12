/**
 * Keeps renames apart from work that computes a place (session, lane), commits it and files it in memory: such work goes side
 * by side, a rename alone. Nothing of it may wait for a rename of its own.
 */
export class RenameGate {
  #active = 0;
  #renames: Promise<void> = Promise.resolve();
  #isRenaming = false;
  #whenQuiet: (() => void) | undefined;

  /** Work whose places must hold until it is done. */
  async share<T>(work: () => Promise<T>): Promise<T> {
    while (this.#isRenaming) await this.#renames;
    this.#active++;
    try {
      return await work();
    } finally {
      this.#active--;
      if (this.#active === 0) this.#whenQuiet?.();
    }
  }

  /** Renames go one after another; new work waits for them, and they for the work under way. */
  rename(work: () => Promise<void>): Promise<void> {
    const before = this.#renames;
    this.#isRenaming = true;
    const own = this.#alone(before, work);
    const settled = own
      .catch(() => {})
      .then(() => {
        if (this.#renames === settled) this.#isRenaming = false;
      });
    this.#renames = settled;
    return own;
  }

  async #alone(before: Promise<void>, work: () => Promise<void>): Promise<void> {
    await before;
    if (this.#active > 0) {
      await new Promise<void>((resolve) => {
        this.#whenQuiet = resolve;
      });
      this.#whenQuiet = undefined;
    }
    await work();
  }
}
