import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type AgentOutput,
  type Clock,
  type Connection,
  type ConnectionContext,
  type ConnectorRuntime,
  createConnectorRuntime,
  type OperationFeature,
  Rejected,
  StoreError,
  Transient,
  type Turn,
} from "@elizaos/connector-core";
import type { Lease, Store, StoredEvent, StoredOperation } from "@elizaos/connector-core/store";
import { createMemoryStore } from "@elizaos/connector-core/store/memory";
import { openSqliteStore } from "@elizaos/connector-core/store/sqlite";
import { describe, expect, it, onTestFinished } from "vitest";
import { ManualClock } from "../src/manual-clock.js";
import { seededRandom } from "../src/store-suite/random.js";
import { finish, intercept, OPEN, Puppet, quiet, START } from "./core-puppet.js";
import { ACCOUNTS, type AccountName, answerOf, placeOf, World } from "./soak-world.js";

/** Messages per soak, over all accounts. */
const MESSAGES = 240;

/** Data that outlives the runtimes on it, as a disk does. */
interface Disk {
  /** Opens it; what was open before is gone, whatever it was doing. */
  open(): Promise<Store>;
}

function memoryDisk(random: () => number): Disk {
  const data = createMemoryStore({ random });
  onTestFinished(() => data.shutdown());
  const leases: Lease[] = [];
  const underWay = new Set<Promise<unknown>>();
  return {
    async open() {
      // A killed process leaves no lease behind, and what it had asked for is done or not when the next one begins.
      await Promise.allSettled(underWay);
      for (const lease of leases.splice(0)) await data.release(lease);
      return intercept(data, async ({ method }, run) => {
        if (method === "shutdown") {
          for (const lease of leases.splice(0)) await data.release(lease);
          return undefined;
        }
        const work = run();
        underWay.add(work);
        try {
          const result = await work;
          if (method === "lease" && isLease(result)) leases.push(result);
          return result;
        } finally {
          underWay.delete(work);
        }
      });
    },
  };
}

function isLease(value: unknown): value is Lease {
  return typeof value === "object" && value !== null && "epoch" in value;
}

async function sqliteDisk(): Promise<Disk> {
  const folder = await mkdtemp(join(tmpdir(), "soak-"));
  let store: Store | undefined;
  onTestFinished(async () => {
    await store?.shutdown();
    await rm(folder, { recursive: true });
  });
  return {
    async open() {
      await store?.shutdown();
      store = await openSqliteStore({ path: join(folder, "store.sqlite"), durability: "process" });
      return store;
    },
  };
}

/** One process: a runtime, its connections and its timers, all of which can end at once. */
class Life {
  readonly #world: World;
  readonly #clock: ManualClock;
  readonly #random: () => number;
  readonly #alarms = new Set<() => void>();
  readonly #contexts = new Map<string, ConnectionContext>();
  readonly #shaky: { chance: number };
  #runtime: ConnectorRuntime | undefined;
  #store: Store | undefined;
  #started: Promise<void> = Promise.resolve();
  #isKilled = false;

  constructor(world: World, clock: ManualClock, random: () => number, shaky: { chance: number }) {
    this.#world = world;
    this.#clock = clock;
    this.#random = random;
    this.#shaky = shaky;
  }

  get runtime(): ConnectorRuntime {
    if (this.#runtime === undefined) throw new Error("The runtime was not started");
    return this.#runtime;
  }

  /** As it is, without its bad days. */
  get store(): Store {
    if (this.#store === undefined) throw new Error("The store was not opened");
    return this.#store;
  }

  /** Timers that the runtime has not ended. */
  get alarms(): number {
    return this.#alarms.size;
  }

  context(account: string): ConnectionContext | undefined {
    const context = this.#contexts.get(account);
    return context?.signal.aborted === false ? context : undefined;
  }

  async start(
    disk: Disk,
    agent: (turn: Turn, signal: AbortSignal) => Promise<readonly AgentOutput[]>,
  ): Promise<void> {
    const store = await disk.open();
    this.#store = store;
    this.#runtime = await createConnectorRuntime({
      connectors: [this.#puppet().connector],
      config: {
        connectors: {
          puppet: { ...OPEN, accounts: Object.fromEntries(ACCOUNTS.map((name) => [name, { token: name }])) },
        },
      },
      store: this.#unreliable(store),
      clock: this.#trackedClock(),
      random: this.#random,
      limits: { laneHoldMs: Number.MAX_SAFE_INTEGER, maxTurns: 6, maxWaitingEvents: 40 },
      agent: async function* (turn, { signal }) {
        for (const output of await agent(turn, signal)) yield output;
      },
    });
    this.#started = this.#runtime.start();
  }

  /** Resolves when every account is online or has said why it is not. */
  async started(): Promise<void> {
    await finish(this.#started, this.#clock);
  }

  /** Says something of its own accord. What is promised to be sent is on the world's list. */
  async sends(account: AccountName): Promise<void> {
    const { text, chat, thread } = this.#world.proposes(account);
    const to = { chat, ...(thread !== undefined && { thread }) };
    try {
      const seq = await this.runtime.send({ connector: "puppet", account, to, text, format: "plain" });
      this.#world.promised.set(seq, text);
    } catch (error) {
      // Not known yet who the account is, or about to stop: nothing was promised.
      if (!(error instanceof Rejected || error instanceof StoreError)) throw error;
    }
  }

  async stop(): Promise<void> {
    const before = this.#clock.now();
    await finish(this.runtime.stop(), this.#clock);
    if (this.#clock.now() - before > 5_500) this.#world.wrongs.push("stop took longer than 5 s");
    await quiet(50);
    if (this.alarms > 0) this.#world.wrongs.push(`${this.alarms} timers were left after stop`);
  }

  /** As SIGKILL: nothing that was under way comes to an end, nothing of it is heard again. */
  kill(): void {
    this.#isKilled = true;
    for (const cancel of [...this.#alarms]) cancel();
    this.#contexts.clear();
  }

  #trackedClock(): Clock {
    return {
      now: () => this.#clock.now(),
      after: (ms, callback) => {
        if (this.#isKilled) return () => {};
        const cancel = () => {
          this.#alarms.delete(cancel);
          stop();
        };
        const stop = this.#clock.after(ms, () => {
          this.#alarms.delete(cancel);
          callback();
        });
        this.#alarms.add(cancel);
        return cancel;
      },
    };
  }

  /** Full or locked now and then; after the kill it never answers again, whether it did its work or not. */
  #unreliable(store: Store): Store {
    const dead = <T>() => new Promise<T>(() => {});
    return intercept(store, async ({ method }, run) => {
      if (this.#isKilled) return dead();
      if (method !== "shutdown" && this.#random() < this.#shaky.chance)
        throw new StoreError(this.#random() < 0.5 ? "busy" : "full", "the disk has a bad day");
      const result = await run().catch((error: unknown) => {
        if (!this.#isKilled) throw error;
      });
      return this.#isKilled ? dead() : result;
    });
  }

  #puppet(): Puppet {
    const world = this.#world;
    const contexts = this.#contexts;
    const ofCall = (account: string) => {
      const context = contexts.get(account);
      if (context === undefined) throw new Transient("the process is dead");
      return context;
    };
    const puppet = new Puppet({
      features: { operations: operationsOf("resend") },
      hooks: {
        open: async (context) => {
          if (world.chance(world.faults / 2)) throw new Transient("the gateway is down");
          world.opened(context);
          contexts.set(context.account, context);
        },
        dispatch: (call) => world.call(call, ofCall(call.account)),
        catchUp: (_signal, context) => world.catchUp(context),
        prepare: (operation) =>
          operation.kind === "send"
            ? operation.text.split("|").map((payload) => ({ call: "send", payload }))
            : [
                {
                  call: operation.kind,
                  payload: "message" in operation.to ? `${operation.to.message}.react` : "",
                },
              ],
      },
    });
    const { connector } = puppet;
    return Object.assign(puppet, {
      connector: {
        ...connector,
        open: async (account: Parameters<typeof connector.open>[0], context: ConnectionContext) => {
          const connection: Connection = await connector.open(account, context);
          const here = { ...connection.supports(), operations: operationsOf(account.id) };
          return {
            ...connection,
            supports: () => here,
            find: (_part: unknown, about: Parameters<World["find"]>[0]) => world.find(about, context),
          };
        },
      },
    });
  }
}

function operationsOf(account: string): {
  readonly send: OperationFeature;
  readonly react: OperationFeature;
} {
  const feature: OperationFeature =
    account === "native"
      ? { idempotency: { mode: "native", windowMs: 24 * 60 * 60_000 }, onUnknown: "hold" }
      : account === "detect"
        ? { idempotency: { mode: "detect" }, onUnknown: "hold" }
        : { idempotency: { mode: "none" }, onUnknown: "resend" };
  return { send: feature, react: feature };
}

/** Answers by what the message asks for; fails as often as that says, counted over all lives. */
function brain(world: World, random: () => number, isOver: () => boolean) {
  const tries = new Map<string, number>();
  return async (turn: Turn, signal: AbortSignal): Promise<readonly AgentOutput[]> => {
    const [id = "", mode = ""] = turn.text.split(" ");
    const known = world.said.find((each) => each.id === id);
    if (known === undefined || mode !== known.mode) {
      world.wrongs.push(`a turn for "${turn.text}", which nobody said`);
      return [];
    }
    const count = (tries.get(id) ?? 0) + 1;
    tries.set(id, count);
    if (random() < 0.2) {
      const lines = await turn.history();
      const foreign = lines.find(
        ({ role, text }) => role === "user" && !isOf(world, text, known.chat.former[0] ?? known.chat.id),
      );
      if (foreign !== undefined) world.wrongs.push(`${id} was shown "${foreign.text}" of another chat`);
      if (lines.some(({ text }) => text.startsWith(`${id} `)))
        world.wrongs.push(`${id} stands in its own history`);
    }
    if (mode === "throws" && count === 1) throw new Error("the model is overloaded");
    if (mode === "fails" && count <= 3) throw new Error("the model is overloaded");
    if (mode === "dead" && !isOver()) throw new Error("the model never learns");
    if (mode === "slow") await world.wait(1_000 + Math.floor(random() * 6_000), signal);
    const answer = answerOf(id, known.mode) ?? (mode === "dead" ? [[`${id}.0.0`]] : undefined);
    if (answer === undefined) return [{ type: "silent", reason: "asked to be" }];
    if (mode === "react") return [{ type: "react", emoji: "+" }];
    return answer.map((parts): AgentOutput => ({ type: "message", text: parts.join("|"), format: "plain" }));
  };
}

function isOf(world: World, text: string, chat: string): boolean {
  const id = text.split(" ")[0];
  const found = world.said.find((each) => each.id === id);
  // Edits are no messages of their own here.
  return found === undefined || (found.chat.former[0] ?? found.chat.id) === chat;
}

const FINAL: readonly string[] = ["answered", "silent", "context", "ignored", "dead"];

/** Everything that must be true when all is quiet. */
async function check(world: World, store: Store): Promise<readonly string[]> {
  const wrongs = [...world.wrongs];
  const events = await store.recentEvents({ limit: 1_000_000 });
  const byKey = new Map<string, StoredEvent[]>();
  for (const event of events) {
    const key = event.event.keys[0];
    byKey.set(key, [...(byKey.get(key) ?? []), event]);
    if (!FINAL.includes(event.decision.fate)) wrongs.push(`${key} is still ${event.decision.fate}`);
  }
  for (const said of world.said) {
    const rows = byKey.get(said.key) ?? [];
    const [event] = rows;
    if (event === undefined || rows.length !== 1) {
      wrongs.push(`${said.key} was accepted ${rows.length} times`);
      continue;
    }
    const operations = await store.operationsOfTurn(event.seq);
    wrongs.push(...checkAnswer(world, said, event, operations));
  }
  for (const [seq, text] of world.promised)
    wrongs.push(...checkPromise(world, text, (await store.operations([seq]))[0]));
  for (const account of ACCOUNTS) wrongs.push(...checkOrder(world, account));
  return wrongs;
}

function checkAnswer(
  world: World,
  { id, mode, chat, thread, account }: World["said"][number],
  event: StoredEvent,
  operations: readonly StoredOperation[],
): readonly string[] {
  const wrongs: string[] = [];
  const { fate } = event.decision;
  const expected = answerOf(id, mode) ?? [];
  const fitting = mode === "silent" ? ["silent"] : mode === "dead" ? ["dead"] : ["answered"];
  if (!fitting.includes(fate)) wrongs.push(`${id} (${mode}) is ${fate}: ${event.decision.reason}`);
  if (operations.length !== expected.length)
    wrongs.push(`${id} (${mode}) has ${operations.length} operations instead of ${expected.length}`);
  operations.forEach((operation, index) => {
    const texts = expected[index] ?? [];
    const { state, parts } = operation;
    if (state !== "done" && state !== "failed") wrongs.push(`an answer to ${id} is ${state}`);
    if (state === "done" && parts.length !== texts.length)
      wrongs.push(`an answer to ${id} has ${parts.length} parts`);
    texts.forEach((text, position) => {
      const part = parts[position];
      const made = world.done.filter((each) => each.text === text);
      for (const { place } of made) {
        if (place !== placeOf(chat, thread)) wrongs.push(`${text} went to ${place}`);
      }
      const most = account === "resend" && part?.uncertain ? 3 : 1;
      if (made.length > most)
        wrongs.push(`${text} was made ${made.length} times, uncertain: ${part?.uncertain}`);
      if (made.length === 0 && (state === "done" || part?.state === "sent")) wrongs.push(`${text} is lost`);
      if (made.length > 0 && (part === undefined || (part.state === "queued" && !part.uncertain)))
        wrongs.push(`${text} was made and is not on record`);
    });
  });
  return wrongs;
}

function checkPromise(world: World, text: string, operation: StoredOperation | undefined): readonly string[] {
  const made = world.done.filter((each) => each.text === text);
  const state = operation?.state ?? "gone";
  const doubts = Boolean(operation?.parts[0]?.uncertain);
  if (state === "done" && made.length === 0) return [`${text} is lost`];
  if (made.length > (doubts ? 3 : 1)) return [`${text} was made ${made.length} times`];
  return state === "done" || state === "failed" ? [] : [`${text} is ${state}`];
}

/** In every chat and thread what was made stands in the order of the messages and of their parts. */
function checkOrder(world: World, account: string): readonly string[] {
  const wrongs: string[] = [];
  const orders = new Map(
    world.said.flatMap(({ id, mode, order }) =>
      (answerOf(id, mode) ?? []).flat().map((text, index) => [text, order * 100 + index] as const),
    ),
  );
  const newest = new Map<string, { readonly order: number; readonly text: string }>();
  for (const { account: by, text, place } of world.done) {
    const order = orders.get(text);
    if (by !== account || order === undefined) continue;
    const before = newest.get(place);
    if (before !== undefined && order < before.order)
      wrongs.push(`${place}: ${text} came after ${before.text}`);
    else newest.set(place, { order, text });
  }
  return wrongs;
}

interface Soak {
  readonly kind: "memory" | "sqlite";
  readonly seed: number;
  /** Groups get other ids while it runs. */
  readonly moves: boolean;
  readonly weather?: Weather;
}

/** Chances, of one call or of one step. */
interface Weather {
  /** A platform call goes wrong. */
  readonly faults: number;
  /** The store is full or locked. */
  readonly shaky: number;
  readonly cut: number;
  readonly stop: number;
  readonly kill: number;
  readonly move: number;
}

const FAIR: Weather = { faults: 0.25, shaky: 0.02, cut: 0.04, stop: 0.03, kill: 0.03, move: 0.03 };
const FOUL: Weather = { faults: 0.5, shaky: 0.15, cut: 0.1, stop: 0.1, kill: 0.08, move: 0.12 };

async function soak({ kind, seed, moves, weather = FAIR }: Soak): Promise<void> {
  const rejections: unknown[] = [];
  const note = (reason: unknown) => void rejections.push(reason);
  process.on("unhandledRejection", note);
  onTestFinished(() => void process.off("unhandledRejection", note));

  const random = seededRandom(seed);
  const clock = new ManualClock(START);
  const world = new World(random, clock);
  const disk = kind === "memory" ? memoryDisk(random) : await sqliteDisk();
  const shaky = { chance: weather.shaky };
  world.faults = weather.faults;
  let isOver = false;
  const agent = brain(world, random, () => isOver);
  const begin = async () => {
    world.life += 1;
    const next = new Life(world, clock, random, shaky);
    await next.start(disk, agent);
    // Some are ended again before they were up.
    if (shaky.chance > 0 && random() < 0.3) await quiet(Math.floor(random() * 60));
    else await next.started();
    return next;
  };
  let life = await begin();
  const deliver = () => {
    for (const account of ACCOUNTS) {
      const context = life.context(account);
      if (context !== undefined) void world.deliver(context);
    }
  };

  while (world.said.length < MESSAGES) {
    for (let burst = Math.floor(random() * 8); burst > 0; burst--) world.says(world.pick(ACCOUNTS));
    if (random() < 0.3) void life.sends(world.pick(ACCOUNTS));
    deliver();
    await quiet(Math.floor(random() * 12));
    const { cut, stop, kill, move } = weather;
    const what = random();
    if (what < cut) life.context(world.pick(ACCOUNTS))?.fail(new Transient("reset by peer"));
    else if (what < cut + stop) {
      await life.stop();
      life = await begin();
    } else if (what < cut + stop + kill) {
      life.kill();
      life = await begin();
    } else if (moves && what < cut + stop + kill + move) {
      world.moves(world.pick(ACCOUNTS));
    } else await clock.advance(Math.floor(random() * 1_500));
  }

  world.faults = 0;
  shaky.chance = 0;
  await settle(life, world, clock, deliver);
  await life.stop();

  const store = await disk.open();
  expect(rejections).toEqual([]);
  expect(await check(world, store)).toEqual([]);
  for (const account of ACCOUNTS) {
    expect(await store.unfinished(`puppet:${account}`, 0, 1)).toEqual([]);
    expect(await store.openOperations(`puppet:${account}`, 0, 1)).toEqual([]);
  }

  // What the operator tries again comes through now, and nothing of it twice that is known to be there.
  isOver = true;
  life = await begin();
  for (const { id } of await life.runtime.deadLetters.list()) await life.runtime.deadLetters.retry(id);
  await settle(life, world, clock, deliver);
  expect(await life.runtime.deadLetters.list()).toEqual([]);
  await life.stop();
  const made = new Set(world.done.map(({ text }) => text));
  const missing = world.said
    .flatMap(({ id, mode }) => (answerOf(id, mode) ?? []).flat())
    .filter((text) => !made.has(text));
  expect(missing).toEqual([]);
  expect(world.wrongs).toEqual([]);
  expect(rejections).toEqual([]);
}

function isRead(world: World, life: Life, account: (typeof ACCOUNTS)[number]): boolean {
  const context = life.context(account);
  return context !== undefined && world.isRead(context);
}

/** Lets time pass until nothing is left to do: no longer than every dead message of a chat fails for its ten minutes. */
async function settle(life: Life, world: World, clock: ManualClock, deliver: () => void): Promise<void> {
  for (let step = 0; step < 4_000; step++) {
    deliver();
    await quiet(30);
    if (step % 20 === 0 && (await isSettled(life, world))) return;
    await clock.advance(2_000);
  }
}

async function isSettled(life: Life, world: World): Promise<boolean> {
  if (ACCOUNTS.some((account) => !isRead(world, life, account))) return false;
  for (const account of ACCOUNTS) {
    if ((await life.store.unfinished(`puppet:${account}`, 0, 1)).length > 0) return false;
    if ((await life.store.openOperations(`puppet:${account}`, 0, 1)).length > 0) return false;
  }
  return true;
}

/** More of them with `SOAK_SEEDS=500`; a seed that failed is repeated with `-t "(seed 17)"`. */
const SEEDS = Array.from({ length: Number(process.env["SOAK_SEEDS"] ?? 4) }, (_, index) => index + 1);

describe.each(["memory", "sqlite"] as const)("a soak on the %s store", (kind) => {
  it.each(SEEDS)("loses, doubles, swaps and misplaces nothing (seed %i)", (seed) =>
    soak({ kind, seed, moves: false }),
  );

  it.each(SEEDS)("nor while groups get other ids (seed %i)", (seed) =>
    soak({ kind, seed: 1_000 + seed, moves: true }),
  );

  it.each(SEEDS)("nor in foul weather (seed %i)", (seed) =>
    soak({ kind, seed: 2_000 + seed, moves: true, weather: FOUL }),
  );
});
