import { describe, expect, it } from "vitest";
import { lasting, memory, onDisk, Puppet, pass, quiet, type Rig, rig, said, until } from "./core-puppet.js";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const BURST = 20;
const ROOM = 500;

function codes({ events }: Rig): ReadonlyMap<string, string> {
  return new Map(
    events.flatMap((event) =>
      event.type === "pairing-request" ? [[event.request.sender, event.code] as const] : [],
    ),
  );
}

async function flood(bench: Rig, count: number, name = "stranger"): Promise<void> {
  const context = bench.puppet.context();
  const senders = Array.from({ length: count }, (_, index) => `${name}-${index}`);
  for (let at = 0; at < count; at += 500)
    await context.receive(senders.slice(at, at + 500).map((from) => said("hello?", { from, chat: from })));
  await until(async () => (await bench.store.unfinished("puppet:default", 0, 1)).length === 0);
}

async function pressure(bench: Rig) {
  const [found] = (await bench.runtime.pairing.list()).pressure;
  return found;
}

describe.each(["memory", "sqlite"])("ten thousand strangers (%s)", (kind) => {
  it("lock nobody out: bounded in room and sends, and the next to come gets a code that works", async () => {
    const bench = await rig({ config: {}, store: kind === "memory" ? memory() : await onDisk() });
    await flood(bench, 10_000);
    await quiet();
    expect(bench.puppet.calls).toHaveLength(BURST);
    expect(await pressure(bench)).toEqual({
      connector: "puppet",
      account: "default",
      waiting: ROOM - BURST,
      evicted: 10_000 - ROOM,
    });
    const rows = await bench.store.stateList("puppet:default", "pairing/", {
      limit: 20_000,
      at: bench.clock.now(),
    });
    expect(rows.length).toBeLessThanOrEqual(ROOM + BURST);

    await bench.puppet.context().receive([said("it is me", { from: "ada" })]);
    await quiet();
    await pass(bench.clock, 3 * SECOND);
    const code = codes(bench).get("ada") ?? "";
    expect(bench.puppet.texts().filter((text) => text.includes(code))).toHaveLength(1);
    await expect(bench.runtime.pairing.approve("puppet", code)).resolves.toMatchObject({ sender: "ada" });
    await bench.puppet.context().receive([said("thank you", { from: "ada" })]);
    await until(() => bench.turns.length === 1);

    // One code every two seconds, whoever waits.
    const before = bench.puppet.calls.length;
    await pass(bench.clock, MINUTE);
    expect(bench.puppet.calls.length - before).toBeLessThanOrEqual(31);
    expect(bench.puppet.calls.length - before).toBeGreaterThanOrEqual(29);
  }, 60_000);
});

describe("a flood that goes on", () => {
  it("takes no code from those who have one, nor their place from those who wrote again", async () => {
    const bench = await rig({ config: {} });
    const context = bench.puppet.context();
    await context.receive([said("hello?", { from: "ada" })]);
    await until(() => codes(bench).has("ada"));
    await flood(bench, 200, "first");
    await context.receive([said("hello?", { from: "bob" })]);
    await context.receive([said("anybody?", { from: "bob" })]);
    await flood(bench, 2_000, "second");
    await pass(bench.clock, 10 * SECOND);
    const senders = (await bench.runtime.pairing.list()).requests.map(({ sender }) => sender);
    expect(senders).toHaveLength(ROOM);
    expect(senders).toEqual(expect.arrayContaining(["ada", "bob"]));
    await expect(
      bench.runtime.pairing.approve("puppet", codes(bench).get("ada") ?? ""),
    ).resolves.toMatchObject({ sender: "ada" });
  });

  it("of strangers who all write twice still leaves room for who writes once", async () => {
    const bench = await rig({ config: {} });
    const context = bench.puppet.context();
    const twice = (name: string) => [
      said("1", { from: name, chat: name }),
      said("2", { from: name, chat: name }),
    ];
    await context.receive(Array.from({ length: ROOM }, (_, index) => twice(`pushy-${index}`)).flat());
    await until(async () => (await bench.store.unfinished("puppet:default", 0, 1)).length === 0);
    await context.receive([said("hello?", { from: "ada" })]);
    await quiet();
    await context.receive(Array.from({ length: 100 }, (_, index) => twice(`more-${index}`)).flat());
    await until(async () => (await bench.store.unfinished("puppet:default", 0, 1)).length === 0);
    const senders = (await bench.runtime.pairing.list()).requests.map(({ sender }) => sender);
    expect(senders).toContain("ada");
    expect(senders.length).toBeLessThanOrEqual(ROOM);
  });
});

describe("a request that waits for its code", () => {
  async function crowded(): Promise<Rig> {
    const bench = await rig({ config: {}, store: lasting(memory()) });
    await flood(bench, BURST);
    await until(() => codes(bench).size === BURST);
    await bench.puppet.context().receive([said("hello?", { from: "ada" })]);
    await until(async () => (await bench.runtime.pairing.list()).requests.length === BURST + 1);
    return bench;
  }

  it("holds no code yet, and is approved by its id", async () => {
    const bench = await crowded();
    expect(codes(bench).has("ada")).toBe(false);
    const { requests } = await bench.runtime.pairing.list();
    const id = requests.find(({ sender }) => sender === "ada")?.id ?? "";
    await bench.runtime.pairing.approve("puppet", id);
    await pass(bench.clock, MINUTE);
    expect(codes(bench).has("ada")).toBe(false);
    await bench.puppet.context().receive([said("hello!", { from: "ada" })]);
    await until(() => bench.turns.length === 1);
  });

  it("gets one after a restart, valid for an hour from then on", async () => {
    const first = await crowded();
    await first.stop();
    await first.clock.advance(30 * MINUTE);
    const second = await rig({ config: {}, store: first.store, clock: first.clock });
    await until(() => codes(second).has("ada"));
    await until(() => second.puppet.calls.length === 1);
    await pass(second.clock, 59 * MINUTE, MINUTE);
    await expect(
      second.runtime.pairing.approve("puppet", codes(second).get("ada") ?? ""),
    ).resolves.toMatchObject({ sender: "ada" });
  });

  it("gets it under the id that its sender was renamed to", async () => {
    const bench = await crowded();
    await bench.puppet.context().alias("ada", "ada-2");
    await pass(bench.clock, 3 * SECOND);
    await bench.runtime.pairing.approve("puppet", codes(bench).get("ada-2") ?? "");
    await bench.puppet.context().receive([said("hello!", { from: "ada", chat: "p" })]);
    await until(() => bench.turns.length === 1);
  });

  it("is not counted as waiting once its hour is over", async () => {
    const puppet = new Puppet();
    const bench = await rig({ puppet, config: {} });
    await flood(bench, ROOM + 10);
    await pass(bench.clock, 61 * MINUTE, MINUTE);
    // Whoever got a code late has it an hour from then on.
    const { requests, pressure: pressures } = await bench.runtime.pairing.list();
    expect(pressures).toMatchObject([{ waiting: 0, evicted: 10 }]);
    for (const { expiresAt } of requests) expect(expiresAt).toBeGreaterThan(bench.clock.now());
    await pass(bench.clock, 61 * MINUTE, MINUTE);
    expect((await bench.runtime.pairing.list()).requests).toEqual([]);
  });
});
