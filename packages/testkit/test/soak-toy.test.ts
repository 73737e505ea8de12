import type { AgentOutput, Turn } from "@elizaos/connector-core";
import type { FaultRule } from "@elizaos/connector-simulators/kit";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../src/manual-clock.js";
import { seededRandom } from "../src/store-suite/random.js";
import type { ToyGroup, ToyMessage, ToyUser } from "../src/toy/index.js";
import { START } from "./core-puppet.js";
import { Bench, OPEN } from "./toy-bench.js";

const MESSAGES = 60;
/** Turns of the event loop in which calls over the loopback come and go. */
const TURNS = 40;

interface Spoken {
  readonly id: string;
  readonly parts: readonly string[];
  readonly place: string;
}

/** People, groups and threads of one toy platform, and what was said there. */
class Town {
  readonly spoken: Spoken[] = [];
  readonly #bench: Bench;
  readonly #random: () => number;
  readonly #users: readonly ToyUser[];
  readonly #groups: readonly {
    readonly group: ToyGroup;
    readonly threads: readonly { readonly id?: string }[];
  }[];
  readonly #last: { readonly by: ToyUser; readonly message: ToyMessage }[] = [];

  constructor(bench: Bench, random: () => number) {
    this.#bench = bench;
    this.#random = random;
    const { platform } = bench;
    this.#users = ["Ada", "Bob", "Cyd", "Dan"].map((name) => platform.user(name));
    const accounts = [bench.account()];
    const plain = platform.group("plain", { users: this.#users, accounts });
    const forum = platform.group("forum", { users: this.#users, accounts });
    this.#groups = [
      { group: plain, threads: [{}] },
      { group: forum, threads: [{}, { id: forum.thread("a") }, { id: forum.thread("b") }] },
    ];
  }

  pick<T>(items: readonly T[]): T {
    const item = items[Math.floor(this.#random() * items.length)];
    if (item === undefined) throw new Error("There is nothing to pick from");
    return item;
  }

  /** Somebody writes in private, in a group or in a thread; now and then an earlier message is changed or removed. */
  speaks(): void {
    const id = `m${this.spoken.length + 1}`;
    const by = this.pick(this.#users);
    const kind = this.pick(["plain", "many", "long", "slow", "fails"] as const);
    const text = `${id} ${kind} @${this.#bench.account().name}`;
    const old = this.#last.length > 0 && this.#random() < 0.1 ? this.pick(this.#last) : undefined;
    if (old !== undefined) {
      if (this.#random() < 0.5) old.by.edits(old.message, `${old.message.text} (edited)`);
      else old.by.reacts(old.message, "👍");
    }
    if (this.#random() < 0.5) {
      this.#last.push({ by, message: by.says(text, { account: this.#bench.account() }) });
      this.spoken.push({ id, parts: partsOf(id, kind), place: by.name });
    } else {
      const { group, threads } = this.pick(this.#groups);
      const thread = this.pick(threads).id;
      const message = by.says(text, { in: group, ...(thread !== undefined && { thread }) });
      this.#last.push({ by, message });
      this.spoken.push({ id, parts: partsOf(id, kind), place: `${group.record.title}#${thread}` });
    }
  }

  /** What the account said, in the order in which it did, by place. */
  said(): ReadonlyMap<string, readonly string[]> {
    const places = new Map<string, string[]>();
    const note = (place: string, { author, text }: ToyMessage) => {
      const word = firstWord(text);
      // Further chunks of a long text begin with no message's name.
      if (author === this.#bench.account().name && /^m\d+\.\d$/.test(word))
        places.set(place, [...(places.get(place) ?? []), word]);
    };
    for (const { group } of this.#groups)
      for (const message of group.messages()) note(`${group.record.title}#${message.thread}`, message);
    for (const user of this.#users) {
      const chat = user.chatWith(this.#bench.account());
      for (const message of user.heard()) if (message.chat === chat) note(user.name, message);
    }
    return places;
  }
}

const LONG = "and so on ".repeat(60).trim();

function partsOf(id: string, kind: string): readonly string[] {
  if (kind === "many") return [`${id}.0`, `${id}.1`, `${id}.2`];
  return [`${id}.0`];
}

function firstWord(text: string): string {
  return text.split(" ", 1)[0] ?? "";
}

function brain(clock: ManualClock) {
  const tries = new Map<string, number>();
  return async (turn: Turn, { signal }: { readonly signal: AbortSignal }): Promise<AgentOutput> => {
    const [id = "", kind = ""] = turn.text.split(" ");
    tries.set(id, (tries.get(id) ?? 0) + 1);
    if (kind === "fails" && (tries.get(id) ?? 0) < 3) throw new Error("the model is overloaded");
    if (kind === "slow") await new Promise<void>((resolve) => wait(clock, 3_000, signal, resolve));
    return { type: "message", text: kind === "long" ? `${id}.0 ${LONG}` : `${id}.0`, format: "plain" };
  };
}

function wait(clock: ManualClock, ms: number, signal: AbortSignal, done: () => void): void {
  const cancel = clock.after(ms, done);
  const end = () => {
    cancel();
    done();
  };
  signal.addEventListener("abort", end, { once: true });
}

const FAULTS: readonly FaultRule[] = [
  { kind: "flood", retryAfterSeconds: 3, method: "send" },
  { kind: "flood", retryAfterSeconds: 2, method: ["send", "me", "log", "typing"] },
  { kind: "status", status: 500, method: "send" },
  { kind: "status", status: 503 },
  { kind: "reset", method: "send" },
  { kind: "resetAfter", method: "send" },
  { kind: "resetAfter", method: "send", times: 2 },
  { kind: "truncate", method: "send" },
  { kind: "hang", method: "send" },
  { kind: "hangAfter", method: "send" },
  { kind: "delay", ms: 1_500, method: "send" },
  { kind: "reset", method: "log" },
  { kind: "status", status: 500, method: ["log", "me"] },
  { kind: "hang", method: "typing" },
];

async function turns(count = TURNS): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}

interface Soak {
  readonly seed: number;
  readonly transport: "stream" | "webhook";
  readonly idempotency: "none" | "native" | "detect";
}

async function soak({ seed, transport, idempotency }: Soak): Promise<void> {
  const random = seededRandom(seed);
  const clock = new ManualClock(START);
  const start = transport === "webhook" ? Bench.withWebhook : Bench.start;
  const bench = await start({
    clock,
    platform: { idempotency, keyWindowMs: 24 * 60 * 60_000 },
    config: { ...OPEN, onUnknown: "resend", failureNotice: false },
    limits: { laneHoldMs: Number.MAX_SAFE_INTEGER },
    agent: async function* (turn, options) {
      const first = await agent(turn, options);
      yield first;
      const [id, kind] = turn.text.split(" ");
      if (kind === "many")
        for (const index of [1, 2]) yield { type: "message", text: `${id}.${index}`, format: "plain" };
    },
  });
  const agent = brain(clock);
  const town = new Town(bench, random);
  while (town.spoken.length < MESSAGES) {
    for (let burst = Math.floor(random() * 5); burst > 0; burst--) town.speaks();
    if (random() < 0.4) bench.platform.fault(town.pick(FAULTS));
    await turns();
    const what = random();
    if (what < 0.06) bench.platform.stream.cut(bench.account());
    else if (what < 0.1) bench.platform.disconnect();
    else if (what < 0.16) {
      const restarted = bench.restart();
      await passWhile(restarted, clock);
    }
    await clock.advance(Math.floor(random() * 2_000));
  }

  const expected = new Map<string, string[]>();
  for (const { place, parts } of town.spoken) expected.set(place, [...(expected.get(place) ?? []), ...parts]);
  const count = town.spoken.flatMap(({ parts }) => parts).length;
  for (let step = 0; step < 1_500; step++) {
    await turns();
    const made = new Set([...town.said().values()].flat());
    if (made.size >= count) break;
    await clock.advance(1_000);
  }
  await turns(200);
  const { uncertain, held } = await inDoubt(bench);
  await passWhile(bench.stop(), clock);
  const said = town.said();
  for (const [place, all] of expected) {
    const here = said.get(place) ?? [];
    const doubles = here.filter((word, index) => here.indexOf(word) !== index);
    expect(doubles.filter((word) => idempotency !== "none" || !uncertain.has(word))).toEqual([]);
    const once = [...new Set(here)].filter((word) => !held.has(word));
    const texts = all.filter((word) => !held.has(word));
    // Webhooks that failed come again after others that did not.
    expect(transport === "webhook" ? once.toSorted() : once).toEqual(
      transport === "webhook" ? texts.toSorted() : texts,
    );
  }
  // Nothing can tell of a call of unknown outcome where there are no keys; elsewhere nobody is left waiting.
  if (idempotency !== "none") expect([...held]).toEqual([]);
  expect([...said.keys()].filter((place) => !expected.has(place))).toEqual([]);
}

/** By the runtime's own record: what may be there twice, and what is held for the operator. */
async function inDoubt(bench: Bench) {
  const uncertain = new Set<string>();
  const held = new Set<string>();
  const last = await bench.runtime.why("last");
  for (let seq = last?.event.seq ?? 0; seq > 0; seq--) {
    for (const { operation, parts, state } of (await bench.runtime.why(seq))?.operations ?? []) {
      if (state === "failed" && operation.kind === "send") held.add(firstWord(operation.text));
      for (const { uncertain: doubts, part } of parts)
        if (doubts) uncertain.add(firstWord(textOf(part.payload)));
    }
  }
  return { uncertain, held };
}

function textOf(payload: unknown): string {
  return typeof payload === "object" && payload !== null && "text" in payload ? String(payload.text) : "";
}

/** Lets calls and time pass until it has ended. */
async function passWhile(work: Promise<void>, clock: ManualClock): Promise<void> {
  let over = false;
  const ended = work.finally(() => {
    over = true;
  });
  for (let step = 0; !over && step < 2_000; step++) {
    await turns(10);
    if (!over) await clock.advance(100);
  }
  await ended;
}

const WAYS = [
  { transport: "stream", idempotency: "native" },
  { transport: "webhook", idempotency: "none" },
  { transport: "stream", idempotency: "none" },
  { transport: "webhook", idempotency: "detect" },
] as const;

/** More of them with `SOAK_SEEDS=100`. */
const SOAKS = Array.from({ length: Number(process.env["SOAK_SEEDS"] ?? 4) }, (_, index) => ({
  seed: index + 1,
  ...(WAYS[index % WAYS.length] ?? WAYS[0]),
}));

describe("a soak over HTTP", () => {
  it.each(SOAKS)(
    "by $transport, keys $idempotency: everybody is answered, in order and once (seed $seed)",
    soak,
  );
});
