import type { WireEvent } from "../wire.js";
import type { AccountRecord } from "./records.js";
import { Refusal } from "./records.js";

/** A reader that is this many events behind loses what follows, as on any push stream without acknowledgement. */
const STREAM_BUFFER = 1_000;

interface Subscriber {
  readonly account: AccountRecord;
  readonly write: (line: string) => boolean;
  readonly cut: () => void;
  muted: boolean;
}

export interface LogPage {
  readonly events: readonly WireEvent[];
  /** `seq` of the newest event there is; 0 for none. */
  readonly last: number;
  readonly more: boolean;
}

/** The push stream, which keeps nothing for those who are away, and the log, which keeps the newest `logLimit` events. */
export class Feed {
  readonly #logLimit: number;
  readonly #logs = new Map<AccountRecord, WireEvent[]>();
  readonly #subscribers = new Set<Subscriber>();
  readonly #changed: () => void;
  /** Events that were pushed to nobody or to a reader that was too slow. */
  missed = 0;

  constructor(logLimit: number, changed: () => void) {
    this.#logLimit = logLimit;
    this.#changed = changed;
  }

  publish(account: AccountRecord, event: WireEvent): void {
    const log = this.#logs.get(account) ?? [];
    this.#logs.set(account, log);
    log.push(event);
    if (log.length > this.#logLimit) log.shift();
    const line = `${JSON.stringify(event)}\n`;
    const reached = [...this.#subscribers].filter(
      (each) => each.account === account && !each.muted && each.write(line),
    );
    if (reached.length === 0) this.missed += 1;
  }

  /** @throws Refusal when events after `after` are not kept any more */
  read(account: AccountRecord, after: number, limit: number): LogPage {
    const log = this.#logs.get(account) ?? [];
    const oldest = log[0]?.seq ?? account.seq + 1;
    if (after < oldest - 1)
      throw new Refusal(410, "cursor-too-old", `the log begins at ${oldest}`, { oldest });
    const later = log.filter((event) => event.seq > after);
    return { events: later.slice(0, limit), last: account.seq, more: later.length > limit };
  }

  /** An endless answer of one JSON object per line; `reset` breaks its socket. */
  subscribe(account: AccountRecord, gone: AbortSignal, reset: () => void): ReadableStream<Uint8Array> {
    const encoder = new TextEncoder();
    let subscriber: Subscriber | undefined;
    const end = () => {
      if (subscriber !== undefined) this.#subscribers.delete(subscriber);
      this.#changed();
    };
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        const write = (line: string) => {
          if ((controller.desiredSize ?? 0) < -STREAM_BUFFER) return false;
          controller.enqueue(encoder.encode(line));
          return true;
        };
        subscriber = { account, write, muted: false, cut: reset };
        this.#subscribers.add(subscriber);
        write(`${JSON.stringify({ type: "hello", last: account.seq })}\n`);
        gone.addEventListener("abort", end, { once: true });
        this.#changed();
      },
      cancel: end,
    });
  }

  listening(account: AccountRecord): boolean {
    return [...this.#subscribers].some((each) => each.account === account && !each.muted);
  }

  /** Tells every reader that the platform still lives. */
  beat(): void {
    for (const each of this.#subscribers) if (!each.muted) each.write('{"type":"beat"}\n');
  }

  cut(account: AccountRecord): void {
    for (const each of [...this.#subscribers]) {
      if (each.account !== account) continue;
      this.#subscribers.delete(each);
      each.cut();
    }
    this.#changed();
  }

  /** The account's open streams stay open and say nothing any more. */
  mute(account: AccountRecord): void {
    for (const each of this.#subscribers) if (each.account === account) each.muted = true;
  }

  /** The newest event that others caused once more, in the account's open streams. */
  again(account: AccountRecord, changes: Readonly<Record<string, unknown>> = {}): void {
    const isOwn = (event: WireEvent) =>
      "message" in event && typeof event.message === "object" && event.message.author.id === account.id;
    const newest = this.#logs.get(account)?.findLast((event) => !isOwn(event));
    if (newest !== undefined) this.garble(account, JSON.stringify({ ...newest, ...changes }));
  }

  /** A line that is not JSON, in the account's open streams. */
  garble(account: AccountRecord, line: string): void {
    for (const each of this.#subscribers) if (each.account === account) each.write(`${line}\n`);
  }
}
