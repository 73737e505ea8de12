/**
 * Takes what earlier attempts said out of the beginning of an answer that says everything again. An answer that begins otherwise goes on
 * from there, as the agent was asked to, and is left as it is.
 */
export class AlreadySaid {
  /** What is still to be heard again. */
  #expected: string;
  /** Heard so far, and as expected. */
  #heard = "";

  constructor(said: readonly string[]) {
    this.#expected = said.join("");
  }

  /** What of a further piece is new; a piece that may be either is held back until that is clear. */
  newPartOf(text: string): string {
    if (this.#expected === "") return text;
    const heard = this.#heard + text;
    if (heard.startsWith(this.#expected)) return this.#over(heard.slice(this.#expected.length));
    if (!this.#expected.startsWith(heard)) return this.#over(heard);
    this.#heard = heard;
    return "";
  }

  /** A message ends here: what was held back of it was said before. */
  endMessage(): void {
    this.#expected = this.#expected.slice(this.#heard.length);
    this.#heard = "";
  }

  #over(rest: string): string {
    this.#expected = "";
    this.#heard = "";
    return rest;
  }
}
