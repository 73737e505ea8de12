import type { Lease, Store } from "@elizaos/connector-core/store";
import { expect } from "vitest";
import { type Bench, type Check, refused } from "./bench.js";
import { DAY, decision, IDENTITY, message, NOW, part, send } from "./fixtures.js";

export function leaseChecks(check: Check): void {
  check("are given to one owner at a time", async (bench) => {
    const { store } = bench;
    expect(bench.lease).toMatchObject({ identity: IDENTITY, owner: "suite" });
    expect(await store.lease(IDENTITY, "another")).toBeUndefined();
    expect(await store.lease(IDENTITY, "suite")).toBeUndefined();
    expect(await store.lease("toy:2", "another")).toMatchObject({ identity: "toy:2", owner: "another" });
    await bench.acceptOne(message("still ours"));
  });

  check("have a higher epoch each time", async (bench) => {
    let { epoch } = bench.lease;
    for (let round = 0; round < 3; round++) {
      await bench.restart();
      expect(bench.lease.epoch).toBeGreaterThan(epoch);
      epoch = bench.lease.epoch;
    }
  });

  check("that were released are free for others", async (bench) => {
    await bench.store.release(bench.lease);
    const next = await bench.store.lease(IDENTITY, "another");
    expect(next).toMatchObject({ owner: "another" });
    expect(next?.epoch).toBeGreaterThan(bench.lease.epoch);
    // Released twice, or by a stranger: the new owner keeps it.
    await bench.store.release(bench.lease);
    expect(await bench.store.lease(IDENTITY, "third")).toBeUndefined();
    if (next !== undefined) await bench.acceptOne(message("hi"), NOW, next);
  });

  check("that are void write nothing, by whatever call", async (bench) => {
    const old = bench.lease;
    const target = await prepare(bench);
    await bench.store.release(old);
    await expectAllRefused(bench.store, old, target);
    const current = await bench.leaseOf(IDENTITY);
    await expectAllRefused(bench.store, old, target);
    const { identity, owner } = current;
    await expectAllRefused(bench.store, { identity, owner, epoch: current.epoch + 1 }, target);
    await expectAllRefused(bench.store, { identity: "toy:never", owner, epoch: 0 }, target);
    await expectUntouched(bench, target);
  });

  check("that go over to another owner take no late write with them", async (bench) => {
    const kept = async () => [await bench.unfinished(), await bench.open()] as const;
    for (let round = 0; round < 20; round++) {
      const accepted = Promise.allSettled(Array.from({ length: 5 }, () => bench.accept([message("hi")])));
      const enqueued = Promise.allSettled(Array.from({ length: 5 }, () => bench.enqueue(send("hi"))));
      await bench.store.release(bench.lease);
      bench.lease = await bench.leaseOf(IDENTITY);
      const found = await kept();
      for (const [index, outcomes] of [await accepted, await enqueued].entries()) {
        for (const outcome of outcomes) {
          if (outcome.status === "rejected") {
            expect(outcome.reason).toMatchObject({ code: "store", problem: "stale" });
          } else {
            expect(found[index]).toEqual(expect.arrayContaining([outcome.value].flat()));
          }
        }
      }
      expect(await kept()).toEqual(found);
    }
  });

  check("end with the process", async (bench) => {
    const old = bench.lease;
    const target = await prepare(bench);
    await bench.reopen();
    await expectAllRefused(bench.store, old, target);
    const next = await bench.leaseOf(IDENTITY);
    expect(next.epoch).toBeGreaterThan(old.epoch);
    await expectAllRefused(bench.store, old, target);
    await expectUntouched(bench, target);
  });

  check("list the identities that were ever taken", async (bench) => {
    await bench.leaseOf("toy:2");
    await bench.acceptOne(message("hi"));
    await bench.restart();
    expect([...(await bench.store.identities())].sort()).toEqual([IDENTITY, "toy:2"]);
  });
}

interface Target {
  readonly event: number;
  readonly dead: number;
  readonly queued: number;
  readonly attempting: number;
  readonly sent: number;
}

async function prepare(bench: Bench): Promise<Target> {
  const event = await bench.acceptOne(message("open"));
  const dead = await bench.event(message("dead"), "dead");
  const queued = await bench.enqueue(send("queued"));
  const attempting = await bench.enqueue(send("attempting"));
  await bench.store.attempt(bench.lease, { operation: attempting, parts: [part("1")], index: 0, at: NOW });
  const sent = await bench.enqueue(send("sent"));
  await bench.deliver(sent, "m1");
  await bench.store.putChat(bench.lease, { chat: "ada", info: "as it was" }, NOW);
  await bench.store.stateBatch(bench.lease, [{ key: "pairing/approved/ada", value: "as it was" }], NOW);
  return { event, dead, queued, attempting, sent };
}

async function expectAllRefused(store: Store, lease: Lease, target: Target): Promise<void> {
  const at = NOW;
  const cursor = { name: "updates", value: 1 };
  const calls: readonly Promise<unknown>[] = [
    store.accept(lease, { events: [message("late")], cursor, at, keysUntil: at + DAY }),
    store.begin(lease, { events: [target.event], decision: decision("admitted"), at }),
    store.finish(lease, {
      events: [target.event],
      attempt: 9,
      decision: decision("silent"),
      operations: [send("late")],
      at,
    }),
    store.rewrite(lease, { seq: target.event, event: message("late").event }),
    store.postpone(lease, { events: [target.event], dueAt: at + DAY, reason: "late" }),
    store.enqueue(lease, [send("late")]),
    store.attempt(lease, { operation: target.queued, parts: [part("1")], index: 0, at }),
    store.settle(lease, {
      operation: target.attempting,
      index: 0,
      state: "rejected",
      operationState: "failed",
      at,
    }),
    store.close(lease, { operation: target.queued, state: "expired", reason: "late", at }),
    store.receipt(lease, { chat: "ada", message: "m1", status: "failed", at }),
    store.settleDeadLetter(lease, { id: `event:${target.dead}`, verdict: "drop", at, expiresAt: 0 }),
    store.stateBatch(lease, [{ key: "late", value: 1 }], at),
    store.putChat(lease, { chat: "ada", info: "late" }, at),
    store.alias(lease, "ada", "late"),
  ];
  await Promise.all(calls.map((call) => refused(call, "stale")));
}

async function expectUntouched(bench: Bench, target: Target): Promise<void> {
  const { store } = bench;
  expect(await bench.unfinished()).toEqual([target.event]);
  expect(await bench.stored(target.event)).toMatchObject({
    dueAt: 0,
    attempts: 0,
    event: { content: { text: "open" } },
    decision: { fate: "accepted" },
  });
  expect(await store.recentEvents({ limit: 9 })).toHaveLength(2);
  expect(await bench.open()).toEqual([target.queued, target.attempting]);
  expect((await bench.operation(target.queued)).parts).toEqual([]);
  expect((await bench.operation(target.attempting)).parts).toMatchObject([{ state: "attempting" }]);
  expect((await bench.operation(target.sent)).state).toBe("done");
  expect(await store.deadLetters(9)).toMatchObject([{ id: `event:${target.dead}` }]);
  expect((await store.stateList(IDENTITY, "", { limit: 9, at: NOW })).map((entry) => entry.key)).toEqual([
    "pairing/approved/ada",
  ]);
  expect(await store.chat(IDENTITY, "ada")).toMatchObject({ info: "as it was" });
}
