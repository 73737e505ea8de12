import { isDeepStrictEqual } from "node:util";
import { isRecord } from "../config/merge.js";
import type { AccountHandle } from "../connection/handle.js";
import type { Clock, StateChange } from "../contract/connection.js";
import type { Json } from "../contract/json.js";
import type { Durably } from "../durable.js";
import type { Store } from "../store/port.js";

/** Calls of actions in one turn, over all its attempts. */
export const MAX_CALLS = 64;
/** A record that no end of a turn ever took away, such as of an event that expired. */
const LIFETIME_MS = 48 * 60 * 60_000;

export interface JournalOptions {
  readonly store: Store;
  readonly durably: Durably;
  readonly clock: Clock;
}

/** What came of a call; `attempting` means that nobody knows, except for the operation with this key where there is one. */
export type Outcome =
  | { readonly state: "attempting"; readonly operation?: string }
  | { readonly state: "done"; readonly result: Json }
  | { readonly state: "refused"; readonly reason: string };

/** One call of an action, by its number in the turn. */
export interface Call {
  readonly index: number;
  readonly name: string;
  readonly input: Json;
}

export interface EarlierCall extends Call {
  readonly outcome: Outcome;
}

/** The calls of actions that a turn has made, in the store from before each of them. */
export class ActionJournal {
  readonly #options: JournalOptions;
  readonly #handle: AccountHandle;
  readonly #prefix: string;
  /** Made by earlier attempts and not asked for again by this one, oldest first. */
  readonly #earlier: EarlierCall[] = [];
  readonly #keys = new Set<string>();
  #next = 0;

  private constructor(options: JournalOptions, handle: AccountHandle, turn: number) {
    this.#options = options;
    this.#handle = handle;
    this.#prefix = `action/${turn}/`;
  }

  /** @param isRepeated there were attempts before, which may have left records */
  static async open(
    options: JournalOptions,
    handle: AccountHandle,
    turn: number,
    isRepeated: boolean,
  ): Promise<ActionJournal> {
    const journal = new ActionJournal(options, handle, turn);
    if (isRepeated) await journal.#read();
    return journal;
  }

  /** The same call of an earlier attempt; each is given once. */
  earlier(name: string, input: Json): EarlierCall | undefined {
    const at = this.#earlier.findIndex((call) => call.name === name && isDeepStrictEqual(call.input, input));
    return at < 0 ? undefined : this.#earlier.splice(at, 1)[0];
  }

  /** The number of the turn's next call; undefined when it has made too many. */
  take(): number | undefined {
    return this.#next < MAX_CALLS ? this.#next++ : undefined;
  }

  async note(call: Call, outcome: Outcome): Promise<void> {
    await this.#write(this.change(call, outcome));
  }

  /** What `note` writes, to be committed with something else. */
  change({ index, name, input }: Call, outcome: Outcome): StateChange {
    const key = this.#keyOf(index);
    this.#keys.add(key);
    const expiresAt = this.#options.clock.now() + LIFETIME_MS;
    return { key, value: { name, input, ...outcome }, expiresAt };
  }

  /** The call did not happen and may be made again. */
  async forget({ index }: Call): Promise<void> {
    const key = this.#keyOf(index);
    this.#keys.delete(key);
    await this.#write({ key, value: undefined });
  }

  /** Goes with the commit that ends the turn. */
  ending(): readonly StateChange[] {
    return [...this.#keys].map((key) => ({ key, value: undefined }));
  }

  async #read(): Promise<void> {
    const { store, clock } = this.#options;
    const entries = await store.stateList(this.#handle.owner.identity, this.#prefix, {
      limit: MAX_CALLS,
      at: clock.now(),
    });
    for (const { key, value } of entries) {
      this.#keys.add(key);
      const index = Number(key.slice(this.#prefix.length));
      this.#next = Math.max(this.#next, index + 1);
      if (isRecord(value) && typeof value["name"] === "string")
        this.#earlier.push({
          index,
          name: value["name"],
          input: value["input"] ?? null,
          outcome: outcomeOf(value),
        });
    }
  }

  async #write(change: StateChange): Promise<void> {
    const { store, durably, clock } = this.#options;
    const { lease } = this.#handle.owner;
    await durably.do(() => store.stateBatch(lease, [change], clock.now()));
  }

  /** Of one width, so that keys stand in the order of the calls. */
  #keyOf(index: number): string {
    return this.#prefix + String(index).padStart(3, "0");
  }
}

function outcomeOf(value: { readonly [key: string]: Json }): Outcome {
  if (value["state"] === "done") return { state: "done", result: value["result"] ?? null };
  if (value["state"] === "refused") return { state: "refused", reason: String(value["reason"]) };
  const { operation } = value;
  return { state: "attempting", ...(typeof operation === "string" && { operation }) };
}
