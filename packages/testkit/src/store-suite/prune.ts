import { expect } from "vitest";
import { type Bench, type Check, first, refused } from "./bench.js";
import { DAY, IDENTITY, MINUTE, message, NOW, part, SESSION, send } from "./fixtures.js";

const LATER = NOW + 400 * DAY;

export function pruneChecks(check: Check): void {
  check("removes what was finished before, and what it was answered with", async (bench) => {
    const old = await bench.event(message("old"), "answered", NOW);
    const oldAnswer = await answered(bench, old, "m1", NOW);
    const young = await bench.event(message("young"), "ignored", NOW + 2 * DAY);
    const youngAnswer = await answered(bench, young, "m2", NOW + 2 * DAY);
    await pruneAll(bench, { at: NOW + 3 * DAY, finishedBefore: NOW + DAY });
    expect((await bench.store.recentEvents({ limit: 9 })).map((event) => event.seq)).toEqual([young]);
    expect(
      (await bench.store.operations([oldAnswer, youngAnswer])).map((operation) => operation.seq),
    ).toEqual([youngAnswer]);
    expect(await bench.store.operationOfMessage(IDENTITY, "ada", "m1")).toBeUndefined();
    expect(await bench.store.operationOfMessage(IDENTITY, "ada", "m2")).toBe(youngAnswer);
    const history = await bench.store.history(SESSION, {
      before: Number.MAX_SAFE_INTEGER,
      limit: 9,
    });
    expect(history.map((entry) => entry.text)).toEqual([`to ${young}`]);
  });

  check("never removes unfinished work or dead letters", async (bench) => {
    const events = [
      await bench.event(message("accepted"), "accepted"),
      await bench.event(message("admitted"), "admitted"),
      await bench.event(message("dead"), "dead"),
      // Its answer is still on its way.
      await bench.event(message("answered"), "answered"),
    ];
    const queued = await bench.enqueue(send("queued", { turn: events.at(-1) ?? 0 }));
    const attempting = await bench.enqueue(send("attempting"));
    await bench.store.attempt(bench.lease, { operation: attempting, parts: [part("1")], index: 0, at: NOW });
    const failed = await bench.enqueue(send("failed"));
    await bench.store.close(bench.lease, { operation: failed, state: "failed", reason: "no", at: NOW });
    await pruneAll(bench, { at: LATER, finishedBefore: LATER });
    expect((await bench.store.events(events)).map((event) => event.seq)).toEqual(events);
    expect(await bench.open()).toEqual([queued, attempting]);
    expect((await bench.operation(attempting)).parts).toMatchObject([{ state: "attempting" }]);
    expect(await bench.store.deadLetters(9)).toHaveLength(2);
  });

  check("never forgets a key before its time, though the event is gone", async (bench) => {
    const { store, lease } = bench;
    const until = NOW + 2 * DAY;
    const offer = async (at: number) =>
      first(
        await store.accept(lease, {
          events: [message("hi", { keys: ["a", "b"] })],
          at,
          keysUntil: until + DAY,
        }),
      ).status;
    await store.accept(lease, { events: [message("hi", { keys: ["a", "b"] })], at: NOW, keysUntil: until });
    await bench.finish(await bench.unfinished(), 0, "ignored");
    await pruneAll(bench, { at: until - MINUTE, finishedBefore: LATER });
    expect(await store.recentEvents({ limit: 9 })).toEqual([]);
    expect(await offer(until - MINUTE)).toBe("duplicate");
    await pruneAll(bench, { at: until + MINUTE, finishedBefore: LATER });
    expect(await offer(until + MINUTE)).toBe("accepted");
  });

  check("removes values that are gone, and keeps the others", async (bench) => {
    const changes = [
      { key: "gone", value: 1, expiresAt: NOW + 1 },
      { key: "later", value: 1, expiresAt: NOW + DAY },
      { key: "ever", value: 1 },
    ];
    await bench.store.stateBatch(bench.lease, changes, NOW);
    await bench.store.putChat(bench.lease, { chat: "ada", info: 1 }, NOW);
    expect(await pruneAll(bench, { at: NOW + MINUTE, finishedBefore: 0 })).toBe(1);
    const listed = await bench.store.stateList(IDENTITY, "", { limit: 9, at: NOW });
    expect(listed.map((entry) => entry.key)).toEqual(["ever", "later"]);
    expect(await bench.store.chat(IDENTITY, "ada")).toBeDefined();
  });

  check("goes in steps of the size asked for, until nothing is left", async (bench) => {
    for (let index = 0; index < 6; index++) {
      const seq = await bench.event(message(`${index}`), "answered");
      const operation = await bench.enqueue(send("long", { turn: seq, session: SESSION }));
      const parts = ["1", "2", "3", "4"].map(part);
      await bench.store.attempt(bench.lease, { operation, parts, index: 0, at: NOW });
      for (const index of parts.keys()) {
        const last = index === parts.length - 1;
        await bench.store.settle(bench.lease, {
          operation,
          index,
          state: "sent",
          result: { message: `${operation}/${index}` },
          at: NOW,
          ...(last ? { operationState: "done" } : { next: index + 1 }),
        });
      }
    }
    const options = { at: LATER, finishedBefore: LATER };
    const before = await rows(bench);
    const removed = await bench.store.prune({ ...options, limit: 3 });
    expect(removed).toBeGreaterThan(0);
    expect(removed).toBeLessThanOrEqual(3);
    expect(before - (await rows(bench))).toBeLessThanOrEqual(3);
    await pruneAll(bench, options);
    expect(await rows(bench)).toBe(0);
    expect(await bench.store.prune({ ...options, limit: 3 })).toBe(0);
  });

  check("does not give a number a second time", async (bench) => {
    const event = await bench.event(message("old"), "ignored");
    const operation = await answered(bench, event, "m1", NOW);
    await pruneAll(bench, { at: LATER, finishedBefore: LATER });
    await bench.restart();
    expect(await bench.acceptOne(message("new"))).toBeGreaterThan(event);
    expect(await bench.enqueue(send("new"))).toBeGreaterThan(operation);
  });

  check(
    "does not give a number a second time, though nothing came between the start and the pruning",
    async (bench) => {
      const event = await bench.event(message("old"), "ignored");
      const operation = await answered(bench, event, "m1", NOW);
      await bench.restart();
      await pruneAll(bench, { at: LATER, finishedBefore: LATER });
      await bench.restart();
      expect(await bench.acceptOne(message("new"))).toBeGreaterThan(event);
      expect(await bench.enqueue(send("new"))).toBeGreaterThan(operation);
    },
  );

  check("leaves a turn that begins meanwhile in peace", async (bench) => {
    const [a = 0] = await bench.accept([message("a")]);
    const [attempt] = await Promise.all([
      bench.begin([a]),
      bench.store.prune({ at: LATER, finishedBefore: LATER, limit: 100 }),
    ]);
    await bench.finish([a], attempt, "answered", [send("hi")], LATER);
    await refused(bench.finish([a], attempt), "stale");
    expect(await bench.open()).toHaveLength(1);
  });
}

async function answered(bench: Bench, turn: number, id: string, at: number): Promise<number> {
  const operation = await bench.enqueue(send(`to ${turn}`, { turn, session: SESSION, createdAt: at }));
  await bench.deliver(operation, id, at);
  return operation;
}

/** Events and operations that are there. */
async function rows(bench: Bench): Promise<number> {
  const numbers = Array.from({ length: 30 }, (_, index) => index);
  return (await bench.store.events(numbers)).length + (await bench.store.operations(numbers)).length;
}

async function pruneAll(
  bench: Bench,
  options: { readonly at: number; readonly finishedBefore: number },
): Promise<number> {
  let total = 0;
  for (let step = 0; step < 100; step++) {
    const removed = await bench.store.prune({ ...options, limit: 2 });
    if (removed === 0) return total;
    total += removed;
  }
  throw new Error("pruning does not come to an end");
}
