import {
  type ConnectionContext,
  type DispatchContext,
  type EventBatch,
  type InboundEvent,
  RateLimited,
  Rejected,
  type SendResult,
  Transient,
  Unknown,
} from "@elizaos/connector-core";
import type { ManualClock } from "../src/manual-clock.js";
import { shuffled } from "../src/store-suite/random.js";
import type { PuppetCall } from "./core-puppet.js";

/** What the agent is to do with a message; the mode stands in the message's text. */
export const MODES = ["plain", "many", "long", "silent", "react", "slow", "fails", "throws", "dead"] as const;
export type Mode = (typeof MODES)[number];

/** How the three accounts' platforms can be asked about a call of unknown outcome. */
export const ACCOUNTS = ["resend", "native", "detect"] as const;
export type AccountName = (typeof ACCOUNTS)[number];

export interface Said {
  readonly id: string;
  readonly key: string;
  readonly account: AccountName;
  readonly chat: Chat;
  readonly thread: string | undefined;
  readonly mode: Mode;
  readonly order: number;
}

export interface Chat {
  id: string;
  readonly former: string[];
  readonly kind: "dm" | "group";
  readonly threads: readonly string[];
}

/** Something that a platform did because it was called. */
export interface Done {
  readonly account: AccountName;
  readonly text: string;
  readonly key: string;
  readonly place: string;
  readonly message: string;
}

/** The messages and the parts of each that an answer must come to; undefined: it has none. */
export function answerOf(id: string, mode: Mode): readonly (readonly string[])[] | undefined {
  switch (mode) {
    case "plain":
    case "slow":
    case "fails":
    case "throws":
      return [[`${id}.0.0`]];
    case "many":
      return [[`${id}.0.0`], [`${id}.1.0`], [`${id}.2.0`]];
    case "long":
      return [[`${id}.0.0`, `${id}.0.1`, `${id}.0.2`], [`${id}.1.0`]];
    case "react":
      return [[`${id}.react`]];
    case "silent":
    case "dead":
      return undefined;
  }
}

/** What stands in a platform's stream: events, and that a chat has another id from here on. */
type Entry = InboundEvent | { readonly kind: "alias"; readonly old: string; readonly now: string };

/** A call whose announcement is being written when the platform asks to wait may still be made, in ms. */
const UNDER_WAY_MS = 5_000;

interface Log {
  readonly events: Entry[];
  /** Up to where the platform was told that events arrived. */
  acknowledged: number;
}

/** What one open connection has read. */
interface Reading {
  /** Next event of the live stream. */
  next: number;
  /** The stream began here; what is before it comes by catch-up. */
  readonly from: number;
  contiguous: boolean;
  busy: boolean;
}

/**
 * Three platforms with people on them, faults included. `resend` and `native` bring events again until they are
 * acknowledged, `detect` has a log that is read by cursor.
 */
export class World {
  readonly said: Said[] = [];
  readonly done: Done[] = [];
  /** What the runtime took to be sent, by its number. */
  readonly promised = new Map<number, string>();
  /** What should never be; every line is a failure. */
  readonly wrongs: string[] = [];
  /** Chance that a call goes wrong. */
  faults = 0;
  readonly chats: Readonly<Record<AccountName, readonly Chat[]>>;
  readonly #random: () => number;
  readonly #clock: ManualClock;
  readonly #logs: Readonly<Record<AccountName, Log>>;
  readonly #readings = new WeakMap<ConnectionContext, Reading>();
  readonly #closed = new Map<
    string,
    { readonly since: number; readonly until: number; readonly life: number }
  >();
  #serial = 0;
  /** Rises when the runtime is replaced: what it was told to wait for is its own. */
  life = 0;

  constructor(random: () => number, clock: ManualClock) {
    this.#random = random;
    this.#clock = clock;
    const log = (): Log => ({ events: [], acknowledged: 0 });
    this.#logs = { resend: log(), native: log(), detect: log() };
    const chats = (account: string): Chat[] => [
      ...[0, 1, 2, 3].map((index) => chat(`${account}-dm-${index}`, "dm", [])),
      chat(`${account}-group-0`, "group", []),
      chat(`${account}-group-1`, "group", ["a", "b"]),
    ];
    this.chats = { resend: chats("r"), native: chats("n"), detect: chats("d") };
  }

  pick<T>(items: readonly T[]): T {
    const item = items[Math.floor(this.#random() * items.length)];
    if (item === undefined) throw new Error("There is nothing to pick from");
    return item;
  }

  chance(probability: number): boolean {
    return this.#random() < probability;
  }

  /** Somebody writes, edits, deletes, reacts; or the account hears itself. */
  says(account: AccountName): void {
    const place = this.pick(this.chats[account]);
    const thread = place.threads.length > 0 && this.chance(0.6) ? this.pick(place.threads) : undefined;
    const order = this.#logs[account].events.length;
    this.#serial += 1;
    const id = `m${this.#serial}`;
    const key = `${account}/${id}`;
    const from = place.kind === "dm" ? `user of ${place.former[0] ?? place.id}` : `user-${this.#serial % 5}`;
    const base = {
      keys: [key] as const,
      sentAt: this.#clock.now(),
      order,
      address: { chat: place.id, message: id, ...(thread !== undefined && { thread }) },
      chat: { kind: place.kind },
      sender: { id: from },
    };
    const events = this.#logs[account].events;
    const kind = this.#random();
    if (kind < 0.06) {
      events.push({ ...base, kind: "edited", content: { text: `${id} edited` } });
    } else if (kind < 0.1) {
      events.push({ ...base, kind: "reaction", added: ["+"], removed: [] });
    } else if (kind < 0.14) {
      events.push({
        ...base,
        sender: { id: account, isSelf: true },
        kind: "message",
        content: { text: "echo" },
      });
    } else {
      const mode = this.chance(0.02) ? "dead" : this.pick(MODES.filter((each) => each !== "dead"));
      this.said.push({ id, key, account, chat: place, thread, mode, order });
      const content = { text: `${id} ${mode}`, mentionsSelf: "mention" } as const;
      events.push({ ...base, kind: "message", content });
    }
  }

  /** Something that the agent says unasked, to a chat by its name of now or one of before. */
  proposes(account: AccountName): {
    readonly text: string;
    readonly chat: string;
    readonly thread: string | undefined;
  } {
    const { id, former, threads } = this.pick(this.chats[account]);
    this.#serial += 1;
    const chat = this.pick([id, ...former]);
    return { text: `p${this.#serial}`, chat, thread: threads.length > 0 ? this.pick(threads) : undefined };
  }

  /** The account's connection opens: from here on it reads the stream. */
  opened(context: ConnectionContext): void {
    const { events, acknowledged } = this.#logs[nameOf(context)];
    const replays = context.account === "detect";
    const from = replays ? events.length : acknowledged;
    this.#readings.set(context, { next: from, from, contiguous: !replays, busy: false });
  }

  /** What the log holds between the stored cursor and the beginning of the stream. */
  async *catchUp(context: ConnectionContext): AsyncGenerator<EventBatch> {
    const reading = this.#readings.get(context);
    const { events } = this.#logs.detect;
    if (reading === undefined || context.account !== "detect") return;
    const stored = await context.cursor("log");
    let at = typeof stored === "number" ? stored : 0;
    while (at < reading.from) {
      if (this.chance(this.faults / 4)) throw new Transient("the log cannot be read");
      const next = Math.min(reading.from, at + 1 + Math.floor(this.#random() * 7));
      yield { events: await apply(events.slice(at, next), context), cursor: { name: "log", value: next } };
      at = next;
    }
    reading.contiguous = true;
  }

  /** Brings what is new, some of it again and not in order. One request at a time, as a platform's courier. */
  async deliver(context: ConnectionContext): Promise<void> {
    const reading = this.#readings.get(context);
    const log = this.#logs[nameOf(context)];
    if (reading === undefined || reading.busy || context.signal.aborted) return;
    if (reading.next >= log.events.length) return;
    reading.busy = true;
    const next = Math.min(log.events.length, reading.next + 1 + Math.floor(this.#random() * 6));
    const batch = log.events.slice(reading.next, next);
    const again = this.chance(0.3) ? log.events.slice(Math.max(0, next - 10), next) : [];
    const cursor =
      context.account === "detect" && reading.contiguous ? { name: "log", value: next } : undefined;
    try {
      const events = await apply(shuffled([...batch, ...again], this.#random), context);
      await context.receive(events, cursor === undefined ? {} : { cursor });
      reading.next = next;
      if (context.account !== "detect") log.acknowledged = Math.max(log.acknowledged, next);
    } catch (error) {
      // Not told that it arrived: the platform brings it again.
      if (!context.signal.aborted) this.wrongs.push(`receive was refused while open: ${String(error)}`);
    } finally {
      reading.busy = false;
    }
  }

  /** Nothing is left that was not taken. */
  isRead(context: ConnectionContext): boolean {
    const reading = this.#readings.get(context);
    return (
      reading !== undefined &&
      !reading.busy &&
      reading.contiguous &&
      reading.next >= this.#logs[nameOf(context)].events.length
    );
  }

  /** One platform call, with whatever goes wrong. */
  async call(
    { account: name, call, text, context, at }: PuppetCall,
    connection: ConnectionContext,
  ): Promise<SendResult> {
    const account = nameOf(connection);
    if (name !== account) this.wrongs.push(`${text} went to ${name}`);
    const moved = this.chats[account].find(({ former }) => former.includes(context.to.chat));
    if (moved !== undefined) {
      // Told name by name, as it came to be.
      const names = [...moved.former, moved.id];
      const next = names[names.indexOf(context.to.chat) + 1] ?? moved.id;
      await connection.alias(context.to.chat, next);
      throw new Transient(`the chat is called ${next} now`);
    }
    const scopes = ["account", `method ${call}`, `chat ${context.to.chat}`].map(
      (scope) => `${account} ${scope}`,
    );
    for (const scope of scopes) {
      const closed = this.#closed.get(scope);
      if (
        closed !== undefined &&
        closed.life === this.life &&
        at > closed.since + UNDER_WAY_MS &&
        at < closed.until
      )
        this.wrongs.push(`${text} was called ${closed.until - at} ms early for ${scope}`);
    }
    if (!this.chance(this.faults)) return this.#make(account, text, context);
    const kind = this.#random();
    if (kind < 0.3) {
      const scope = this.pick(["account", "method", "chat"] as const);
      const retryAfterMs = 500 + Math.floor(this.#random() * 20_000);
      const name =
        scope === "account" ? "account" : scope === "method" ? `method ${call}` : `chat ${context.to.chat}`;
      this.#closed.set(`${account} ${name}`, { since: at, until: at + retryAfterMs, life: this.life });
      throw new RateLimited("slow down", { scope, retryAfterMs });
    }
    if (kind < 0.5) throw new Transient("connection refused");
    if (kind < 0.55) throw new Rejected("the platform does not like it");
    // The rest may have happened.
    const result = this.chance(0.5) ? this.#make(account, text, context) : undefined;
    if (kind < 0.7) throw new TypeError("fetch failed");
    if (kind < 0.8) await ended(context.signal);
    if (kind < 0.9 || result === undefined) throw new Unknown("no answer");
    // An answer that took its time.
    await this.wait(200 + Math.floor(this.#random() * 3_000), context.signal);
    return result;
  }

  /** Whether a call with this key was done. */
  async find(context: DispatchContext, connection: ConnectionContext): Promise<SendResult | "absent"> {
    if (this.chance(this.faults)) throw new Transient("the search is down");
    const found = this.done.find(({ account, key }) => account === nameOf(connection) && key === context.key);
    return found === undefined ? "absent" : { message: found.message };
  }

  /** The chat gets another id; the account is told in its stream of events. */
  moves(account: AccountName): void {
    const chat = this.pick(this.chats[account].filter(({ kind }) => kind === "group"));
    this.#serial += 1;
    const old = chat.id;
    chat.former.push(old);
    chat.id = `${chat.former[0]}+${this.#serial}`;
    this.#logs[account].events.push({ kind: "alias", old, now: chat.id });
  }

  async wait(ms: number, signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const end = () => {
        cancel();
        signal.removeEventListener("abort", end);
        resolve();
      };
      const cancel = this.#clock.after(ms, end);
      signal.addEventListener("abort", end);
    });
  }

  #make(account: AccountName, text: string, context: DispatchContext): SendResult {
    const known = this.done.find((each) => each.account === account && each.key === context.key);
    if (known !== undefined && account === "native") return { message: known.message };
    const message = `made-${this.done.length + 1}`;
    this.done.push({ account, text, key: context.key, place: this.#place(account, context), message });
    return { message };
  }

  #place(account: AccountName, { to }: DispatchContext): string {
    const chat = this.chats[account].find(({ id }) => id === to.chat);
    if (chat === undefined) this.wrongs.push(`${account} has no chat ${to.chat}`);
    return placeOf(chat ?? { id: to.chat, former: [] }, to.thread);
  }
}

/** A chat and thread under the chat's first id, which stays. */
export function placeOf({ id, former }: Pick<Chat, "id" | "former">, thread: string | undefined): string {
  return `${former[0] ?? id}${thread === undefined ? "" : `#${thread}`}`;
}

function chat(id: string, kind: "dm" | "group", threads: readonly string[]): Chat {
  return { id, former: [], kind, threads };
}

function nameOf({ account }: ConnectionContext): AccountName {
  const name = ACCOUNTS.find((each) => each === account);
  if (name === undefined) throw new Error(`${account} is no account of the soak`);
  return name;
}

/** Renames first, as a connector does that reads a batch; the events are left. */
async function apply(
  entries: readonly Entry[],
  context: ConnectionContext,
): Promise<readonly InboundEvent[]> {
  const events: InboundEvent[] = [];
  for (const entry of entries) {
    if (entry.kind === "alias") await context.alias(entry.old, entry.now);
    else events.push(entry);
  }
  return events;
}

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
