import { randomBytes } from "node:crypto";
import { isRecord } from "../config/merge.js";
import type { AccountHandle } from "../connection/handle.js";
import type { OutboundButton } from "../contract/button.js";
import type { Clock, StateChange } from "../contract/connection.js";
import type { ButtonEvent } from "../contract/event.js";
import type { TextLimit } from "../contract/features.js";
import type { Durably } from "../durable.js";
import { measure } from "../format/ruler.js";
import type { Store } from "../store/port.js";

/** Data that begins so is never an agent's: core's own tokens, which stand for what is kept here or wait for a decision. */
const MARK = "~";
/** How the data of buttons begins that decide about approvals. */
export const DECISION_MARK = `${MARK}a`;
const TOKEN = /^~b([0-9a-z]{9}[\w-]{16})$/;
const PREFIX = "button/";
const LIFETIME_MS = 7 * 24 * 60 * 60_000;
/** Kept per identity; the oldest goes for a new one. */
const MAX_KEPT = 5_000;
/** Digits of a Unix time in ms in base 36, so that keys sort by time. */
const TIME_DIGITS = 9;
const PAGE = 500;

export interface KeptDataOptions {
  readonly store: Store;
  readonly durably: Durably;
  readonly clock: Clock;
}

/** Data of buttons that a platform cannot hold, under tokens that nobody can guess. */
export class KeptData {
  readonly #options: KeptDataOptions;
  /** Keys in the store by identity, oldest first. */
  readonly #keys = new Map<string, Promise<string[]>>();

  constructor(options: KeptDataOptions) {
    this.#options = options;
  }

  /**
   * The button as it goes to the platform, and what is to be committed with it.
   *
   * @param chat where it goes, by its id of today: nowhere else does a press of it count
   */
  async seal(
    handle: AccountHandle,
    button: OutboundButton,
    chat: string,
    limit: TextLimit,
  ): Promise<{ readonly button: OutboundButton; readonly state: readonly StateChange[] }> {
    const fits =
      "url" in button || (!button.data.startsWith(MARK) && measure(button.data, limit.unit) <= limit.max);
    if (fits) return { button, state: [] };
    const now = this.#options.clock.now();
    const id = now.toString(36).padStart(TIME_DIGITS, "0") + randomBytes(12).toString("base64url");
    const keys = await this.#keysOf(handle.owner.identity);
    const key = PREFIX + id;
    keys.push(key);
    const over = keys.splice(0, Math.max(0, keys.length - MAX_KEPT));
    return {
      button: { text: button.text, data: `${MARK}b${id}` },
      state: [
        { key, value: { data: button.data, chat }, expiresAt: now + LIFETIME_MS },
        ...over.map((old) => ({ key: old, value: undefined })),
      ],
    };
  }

  /** A press with the data that its button had; one whose data is gone is marked as such, and so is one of core's own. */
  async open(
    handle: AccountHandle,
    { isExpired: _, isDecision: __, ...press }: ButtonEvent,
  ): Promise<ButtonEvent> {
    if (!press.data.startsWith(MARK)) return press;
    if (press.data.startsWith(DECISION_MARK)) return { ...press, isDecision: true };
    const { store, durably, clock } = this.#options;
    const [, id] = TOKEN.exec(press.data) ?? [];
    const entry =
      id === undefined
        ? undefined
        : await durably.do(() => store.stateGet(handle.owner.identity, PREFIX + id, clock.now()));
    const kept = entry?.value;
    if (!isRecord(kept) || typeof kept["data"] !== "string" || typeof kept["chat"] !== "string")
      return { ...press, isExpired: true };
    const isHere = handle.current(kept["chat"]) === handle.current(press.address.chat);
    return isHere ? { ...press, data: kept["data"] } : { ...press, isExpired: true };
  }

  #keysOf(identity: string): Promise<string[]> {
    const known = this.#keys.get(identity);
    if (known !== undefined) return known;
    const loading = this.#load(identity);
    this.#keys.set(identity, loading);
    loading.catch(() => this.#keys.delete(identity));
    return loading;
  }

  async #load(identity: string): Promise<string[]> {
    const { store, durably, clock } = this.#options;
    const keys: string[] = [];
    for (let after = PREFIX; ; ) {
      const from = after;
      const options = { limit: PAGE, after: from, at: clock.now() };
      const page = await durably.do(() => store.stateList(identity, PREFIX, options));
      keys.push(...page.map(({ key }) => key));
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) return keys;
      after = last.key;
    }
  }
}
