import type { AccountHandle } from "../connection/handle.js";
import type { StoredEvent } from "../store/port.js";

/** What a send of an answer quotes. */
export interface Quote {
  readonly replyTo?: string;
}

const NONE: Quote = {};

/** Which messages of an answer quote the message that is answered, as the account's `replyToMode` says. */
export class Quoting {
  readonly #mode: "off" | "first" | "all";
  readonly #quote: Quote;
  #isBegun: boolean;

  /** @param isBegun an earlier attempt said something already */
  constructor({ config }: AccountHandle, { event }: StoredEvent, isBegun: boolean) {
    const { replyToMode: mode = "off" } = config;
    this.#mode = mode === "auto" ? (event.chat.kind === "dm" ? "off" : "first") : mode;
    const { message } = event.address;
    this.#quote = message === undefined ? NONE : { replyTo: message };
    this.#isBegun = isBegun;
  }

  /** What the next message quotes, without taking it. */
  get next(): Quote {
    return this.#mode === "all" || (this.#mode === "first" && !this.#isBegun) ? this.#quote : NONE;
  }

  /** What the message quotes that is sent now. */
  take(): Quote {
    const quote = this.next;
    this.#isBegun = true;
    return quote;
  }
}
