import { expect } from "vitest";
import { type Check, refused } from "./bench.js";
import { DAY, decision, IDENTITY, message, NOW, part, SESSION, send } from "./fixtures.js";

export function lifeChecks(check: Check): void {
  check("ends with shutdown: every later call says so", async (bench) => {
    const seq = await bench.acceptOne(message("hi"));
    await bench.store.shutdown();
    const { store, lease } = bench;
    const at = NOW;
    const calls: readonly Promise<unknown>[] = [
      store.lease(IDENTITY, "suite"),
      store.lease("toy:2", "suite"),
      store.release(lease),
      store.accept(lease, { events: [message("late")], at, keysUntil: at + DAY }),
      store.unfinished(IDENTITY, 0, 1),
      store.events([seq]),
      store.recentEvents({ limit: 1 }),
      store.begin(lease, { events: [seq], decision: decision("admitted"), at }),
      store.finish(lease, { events: [seq], attempt: 1, decision: decision("silent"), operations: [], at }),
      store.rewrite(lease, { seq, event: message("late").event }),
      store.postpone(lease, { events: [seq], dueAt: at, reason: "late" }),
      store.history(SESSION, { before: 1, limit: 1 }),
      store.sessionSince(SESSION, { before: 1 }),
      store.enqueue(lease, [send("late")]),
      store.openOperations(IDENTITY, 0, 1),
      store.operations([1]),
      store.operationsOfTurn(1),
      store.attempt(lease, { operation: 1, parts: [part("1")], index: 0, at }),
      store.settle(lease, { operation: 1, index: 0, state: "sent", at }),
      store.close(lease, { operation: 1, state: "expired", reason: "late", at }),
      store.operationOfMessage(IDENTITY, "ada", "m1"),
      store.receipt(lease, { chat: "ada", message: "m1", status: "read", at }),
      store.deadLetters(1),
      store.settleDeadLetter(lease, { id: "event:1", verdict: "drop", at, expiresAt: 0 }),
      store.stateGet(IDENTITY, "a", at),
      store.stateList(IDENTITY, "", { limit: 1, at }),
      store.stateBatch(lease, [{ key: "a", value: 1 }], at),
      store.putChat(lease, { chat: "ada", info: 1 }, at),
      store.chat(IDENTITY, "ada"),
      store.alias(lease, "ada", "bob"),
      store.identities(),
      store.counts(IDENTITY),
      store.prune({ at, finishedBefore: at, limit: 1 }),
    ];
    await Promise.all(calls.map((call) => refused(call, "closed")));
  });

  check("may be shut down twice", async (bench) => {
    await bench.store.shutdown();
    await bench.store.shutdown();
  });

  check("commits a call that shutdown overtakes, or refuses it, and says which", async (bench) => {
    const calls = Array.from({ length: 20 }, (_, index) =>
      bench.accept([message(`${index}`)]).then(
        ([seq]) => seq,
        async (error: unknown) => {
          await refused(Promise.reject(error), "closed");
          return undefined;
        },
      ),
    );
    await bench.store.shutdown();
    const kept = (await Promise.all(calls)).filter((seq) => seq !== undefined);
    await bench.reopen();
    expect(await bench.unfinished()).toEqual(kept.sort((a, b) => a - b));
  });

  check("keeps what it said it kept", async (bench) => {
    const [a = 0, b = 0] = await bench.accept([message("a"), message("b")]);
    const [operation = 0] = await bench.finish([a], await bench.begin([a]), "answered", [
      send("hi", { turn: a }),
    ]);
    await bench.store.putChat(bench.lease, { chat: "ada", info: "kept" }, NOW);
    await bench.store.stateBatch(bench.lease, [{ key: "k", value: "kept" }], NOW);
    await bench.reopen();
    const { store } = bench;
    expect(await bench.unfinished()).toEqual([b]);
    expect(await bench.open()).toEqual([operation]);
    expect(await store.chat(IDENTITY, "ada")).toMatchObject({ info: "kept" });
    expect(await store.stateGet(IDENTITY, "k", NOW)).toMatchObject({ value: "kept" });
    expect(await store.counts(IDENTITY)).toMatchObject({ answered: 1, accepted: 1 });
  });
}
