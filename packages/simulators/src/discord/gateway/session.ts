import { randomBytes } from "node:crypto";
import { type GatewayDispatchEvents, GatewayOpcodes } from "discord-api-types/v10";
import type { SocketConnection } from "../../kit/sockets.js";
import type { Bot } from "../bot.js";

/** Dispatches that are kept for a resume; who missed more starts a new session. */
const KEPT_DISPATCHES = 20_000;

export interface Dispatch {
  op: GatewayOpcodes.Dispatch;
  s: number;
  t: string;
  d: unknown;
}

export interface SessionOptions {
  bot: Bot;
  intents: number;
  shard: readonly [number, number];
  /** Told of every dispatch that was made. */
  changed: () => void;
}

/** A gateway session: it outlives its connection, so that a bot can resume it. */
export class GatewaySession {
  readonly id = randomBytes(16).toString("hex");
  readonly bot: Bot;
  readonly intents: number;
  readonly shard: readonly [number, number];
  /** The presence that the bot set last. */
  presence: unknown;
  connection: SocketConnection | undefined;
  /** When the connection was lost, in ms of the clock. */
  lostAt: number | undefined;
  readonly #changed: () => void;
  #sent: Dispatch[] = [];
  #sequence = 0;
  /** Number of the newest dispatch that went over an open connection. */
  #delivered = 0;
  #reverse = false;
  #held: Dispatch[] = [];

  constructor({ bot, intents, shard, changed }: SessionOptions) {
    this.bot = bot;
    this.intents = intents;
    this.shard = shard;
    this.#changed = changed;
  }

  get sequence(): number {
    return this.#sequence;
  }

  /** Dispatches that no connection has brought to the bot yet. */
  get pending(): number {
    return this.#sequence - this.#delivered;
  }

  has(intent: number): boolean {
    return intent === 0 || (this.intents & intent) !== 0;
  }

  /** Whether events of this server come over this shard; private ones come over the first. */
  serves(guildId: string | undefined): boolean {
    const [shard, count] = this.shard;
    return guildId === undefined ? shard === 0 : Number((BigInt(guildId) >> 22n) % BigInt(count)) === shard;
  }

  dispatch(t: GatewayDispatchEvents | string, d: unknown): void {
    this.#sequence += 1;
    const dispatch: Dispatch = { op: GatewayOpcodes.Dispatch, s: this.#sequence, t, d };
    this.#sent.push(dispatch);
    if (this.#sent.length > KEPT_DISPATCHES) this.#sent.shift();
    if (this.#reverse) this.#holdForReverse(dispatch);
    else this.#send(dispatch);
    this.#changed();
  }

  /** Whether everything after this sequence can still be replayed. */
  canReplay(after: number): boolean {
    const first = this.#sent[0]?.s ?? 1;
    return after >= first - 1 && after <= this.#sequence;
  }

  /** Sends what came after this sequence, oldest first. */
  replay(after: number): void {
    for (const dispatch of this.#sent) if (dispatch.s > after) this.#send(dispatch);
  }

  /** Sends the newest dispatch of this name once more, under a new sequence number. */
  repeat(name?: string): Dispatch | undefined {
    const last = this.#sent.findLast(({ t }) => name === undefined || t === name);
    if (last !== undefined) this.dispatch(last.t, last.d);
    return last;
  }

  /** The next two dispatches change places. */
  reverseNext(): void {
    this.#reverse = true;
  }

  #holdForReverse(dispatch: Dispatch): void {
    this.#held.push(dispatch);
    if (this.#held.length < 2) return;
    const [first, second] = this.#held;
    this.#held = [];
    this.#reverse = false;
    if (first === undefined || second === undefined) return;
    // Each keeps its number: what arrives counts up as it must, with the events in the other order.
    const swapped = [
      { ...second, s: first.s },
      { ...first, s: second.s },
    ];
    this.#sent.splice(-2, 2, ...swapped);
    for (const item of swapped) this.#send(item);
  }

  #send(dispatch: Dispatch): void {
    if (this.connection?.open !== true) return;
    this.connection.send(JSON.stringify(dispatch));
    this.#delivered = Math.max(this.#delivered, dispatch.s);
  }
}
