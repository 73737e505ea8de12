import type { Clock, Probe, Show } from "../contract/connection.js";
import type { AccountState } from "../runtime-types.js";

const MAX_GAPS = 20;
const MAX_NOTES = 20;

export interface StateOfAccount {
  readonly state: AccountState;
  readonly since: number;
  readonly reason?: string;
  readonly mend?: string;
  readonly show?: Show;
}

/** What is known of one account's health. */
export class StatusBoard {
  readonly #clock: Clock;
  readonly #redact: (text: string) => string;
  readonly #onChange: () => void;
  readonly #settled: Promise<void>;
  #settle: () => void = () => {};
  #current: StateOfAccount;
  #gaps: { readonly at: number; readonly reason: string }[] = [];
  readonly #notes = new Map<string, string>();
  #probe: (Probe & { readonly at: number }) | undefined;
  /** Name of the bot or user as the platform says. */
  name: string | undefined;

  constructor(clock: Clock, redact: (text: string) => string, onChange: () => void) {
    this.#clock = clock;
    this.#redact = redact;
    this.#onChange = onChange;
    this.#current = { state: "stopped", since: clock.now() };
    this.#settled = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  get current(): StateOfAccount {
    return this.#current;
  }

  get gaps(): readonly { readonly at: number; readonly reason: string }[] {
    return this.#gaps;
  }

  set(next: {
    readonly state: AccountState;
    readonly reason?: string;
    readonly mend?: string;
    readonly show?: Show;
  }): void {
    const before = this.#current;
    const reason = next.reason === undefined ? undefined : this.#redact(next.reason);
    const mend = next.mend === undefined ? undefined : this.#redact(next.mend);
    if (
      before.state === next.state &&
      before.reason === reason &&
      before.mend === mend &&
      before.show?.value === next.show?.value
    )
      return;
    this.#current = {
      ...next,
      since: before.state === next.state ? before.since : this.#clock.now(),
      ...(reason === undefined ? {} : { reason }),
      ...(mend === undefined ? {} : { mend }),
    };
    if (next.state !== "starting") this.#settle();
    this.#onChange();
  }

  get probe(): (Probe & { readonly at: number }) | undefined {
    return this.#probe;
  }

  probed(probe: Probe): void {
    const at = this.#clock.now();
    this.#probe =
      probe.status === "ok" ? { ...probe, at } : { ...probe, reason: this.#redact(probe.reason), at };
  }

  gap(reason: string): void {
    this.#gaps = [...this.#gaps, { at: this.#clock.now(), reason: this.#redact(reason) }].slice(-MAX_GAPS);
    this.#onChange();
  }

  /** What the connection wants the operator to know. */
  get notes(): readonly string[] {
    return [...this.#notes.values()];
  }

  /** @returns whether it is news */
  note(key: string, text: string | undefined): boolean {
    const said = text === undefined ? undefined : this.#redact(text);
    if (this.#notes.get(key) === said) return false;
    if (said === undefined) this.#notes.delete(key);
    else if (this.#notes.has(key) || this.#notes.size < MAX_NOTES) this.#notes.set(key, said);
    this.#onChange();
    return true;
  }

  clearNotes(): void {
    this.#notes.clear();
  }

  /** Resolves when the account has left `starting` for the first time. */
  settled(): Promise<void> {
    return this.#settled;
  }
}
