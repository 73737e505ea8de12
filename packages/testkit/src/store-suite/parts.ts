import { expect } from "vitest";
import { type Check, refused } from "./bench.js";
import { IDENTITY, MINUTE, NOW, part, SESSION, send } from "./fixtures.js";

export function partChecks(check: Check): void {
  check("fix their split with the first attempt, before the call", async (bench) => {
    const seq = await bench.enqueue(send("hi"));
    await bench.store.attempt(bench.lease, {
      operation: seq,
      parts: [part("1"), part("2")],
      index: 0,
      at: NOW + 1,
    });
    await bench.restart();
    // The runtime decides what an interrupted call means; the store only says that there was one.
    expect(await bench.operation(seq)).toMatchObject({
      state: "open",
      parts: [
        { part: part("1"), state: "attempting", attempts: 1, attemptedAt: NOW + 1 },
        { part: part("2"), state: "queued", attempts: 0 },
      ],
    });
    expect((await bench.operation(seq)).parts[1]?.attemptedAt).toBeUndefined();
    expect(await bench.open()).toEqual([seq]);
    await bench.store.attempt(bench.lease, { operation: seq, index: 0, at: NOW + 2 });
    expect((await bench.operation(seq)).parts[0]).toMatchObject({
      state: "attempting",
      attempts: 2,
      // What a platform remembers of a key, or a search for the message, begins with the first call.
      attemptedAt: NOW + 1,
    });
  });

  check("may be announced with their operation: one commit for both", async (bench) => {
    const announced = { ...send("hi", { createdAt: NOW + 1 }), announced: [part("1"), part("2")] } as const;
    const seq = await bench.enqueue(announced);
    await bench.restart();
    expect(await bench.operation(seq)).toMatchObject({
      state: "open",
      parts: [
        { part: part("1"), state: "attempting", attempts: 1, uncertain: 0, attemptedAt: NOW + 1 },
        { part: part("2"), state: "queued", attempts: 0 },
      ],
    });
    const sent = { operation: seq, state: "sent" } as const;
    await bench.store.settle(bench.lease, { ...sent, index: 0, next: 1, at: NOW + 2 });
    await bench.store.settle(bench.lease, { ...sent, index: 1, operationState: "done", at: NOW + 3 });
    expect(await bench.operation(seq)).toMatchObject({
      state: "done",
      parts: [{ state: "sent" }, { state: "sent", attempts: 1, attemptedAt: NOW + 2 }],
    });
  });

  check("keep their first split whatever is handed in later", async (bench) => {
    const seq = await bench.enqueue(send("hi"));
    const attempt = { operation: seq, index: 0, at: NOW };
    await bench.store.attempt(bench.lease, { ...attempt, parts: [part("1"), part("2")] });
    await bench.store.attempt(bench.lease, { ...attempt, parts: [part("else")] });
    expect((await bench.operation(seq)).parts).toMatchObject([
      { part: part("1"), attempts: 2 },
      { part: part("2"), attempts: 0 },
    ]);
  });

  check("go part by part, the next one marked in the commit of the last", async (bench) => {
    const seq = await bench.enqueue(send("hi"));
    const { store, lease } = bench;
    await store.attempt(lease, { operation: seq, parts: [part("1"), part("2")], index: 0, at: NOW });
    const result = { message: "m1", data: { note: "first" } };
    await store.settle(lease, { operation: seq, index: 0, state: "sent", result, next: 1, at: NOW + 1 });
    await bench.restart();
    expect(await bench.operation(seq)).toMatchObject({
      state: "open",
      parts: [
        { state: "sent", attempts: 1, settledAt: NOW + 1, result },
        { state: "attempting", attempts: 1, attemptedAt: NOW + 1 },
      ],
    });
    const done = { operation: seq, index: 1, state: "sent", operationState: "done", at: NOW + 2 } as const;
    await bench.store.settle(bench.lease, { ...done, result: { message: "m2" } });
    await bench.restart();
    expect(await bench.operation(seq)).toMatchObject({
      state: "done",
      parts: [{ state: "sent" }, { state: "sent" }],
    });
    expect(await bench.open()).toEqual([]);
    expect(await bench.store.deadLetters(9)).toEqual([]);
  });

  check("go back into the queue until their time when a call did not happen", async (bench) => {
    const seq = await bench.enqueue(send("hi"));
    const { store, lease } = bench;
    await store.attempt(lease, { operation: seq, parts: [part("1")], index: 0, at: NOW });
    const dueAt = NOW + MINUTE + 0.25;
    await store.settle(lease, {
      operation: seq,
      index: 0,
      state: "queued",
      error: "slow down",
      dueAt,
      at: NOW,
    });
    await bench.restart();
    expect(await bench.operation(seq)).toMatchObject({
      state: "open",
      parts: [{ state: "queued", attempts: 1, error: "slow down" }],
    });
    const [head] = await bench.store.openOperations(IDENTITY, 0, 9);
    expect(Math.abs((head?.dueAt ?? 0) - dueAt)).toBeLessThan(1);
    await bench.store.attempt(bench.lease, { operation: seq, index: 0, at: NOW });
    await bench.store.settle(bench.lease, {
      operation: seq,
      index: 0,
      state: "sent",
      operationState: "done",
      at: NOW,
    });
    expect(await bench.operation(seq)).toMatchObject({
      state: "done",
      parts: [{ state: "sent", attempts: 2 }],
    });
    expect((await bench.operation(seq)).parts[0]?.error).toBeUndefined();
  });

  check("that the platform rejects fail and become dead letters", async (bench) => {
    const seq = await bench.enqueue(send("hi", { session: SESSION }));
    const { store, lease } = bench;
    await store.attempt(lease, { operation: seq, parts: [part("1")], index: 0, at: NOW });
    const settled = {
      operation: seq,
      index: 0,
      state: "rejected",
      operationState: "failed",
      at: NOW + 3,
    } as const;
    await store.settle(lease, { ...settled, error: "chat not found" });
    await bench.restart();
    expect(await bench.operation(seq)).toMatchObject({
      state: "failed",
      reason: "chat not found",
      parts: [{ state: "rejected", error: "chat not found", settledAt: NOW + 3 }],
    });
    expect(await bench.open()).toEqual([]);
    expect(await bench.store.deadLetters(9)).toEqual([
      { id: `operation:${seq}`, identity: IDENTITY, session: SESSION, reason: "chat not found", at: NOW + 3 },
    ]);
  });

  check("of unknown outcome wait, and are tried again or found to be sent", async (bench) => {
    const [again = 0, found = 0] = await bench.store.enqueue(bench.lease, [send("hi"), send("ho")]);
    for (const operation of [again, found]) {
      await bench.store.attempt(bench.lease, { operation, parts: [part("1")], index: 0, at: NOW });
      await bench.store.settle(bench.lease, {
        operation,
        index: 0,
        state: "unknown",
        error: "time-out",
        at: NOW,
      });
    }
    await bench.restart();
    const { store, lease } = bench;
    expect(await bench.open()).toEqual([again, found]);
    expect((await bench.operation(again)).parts).toMatchObject([
      { state: "unknown", error: "time-out", attempts: 1 },
    ]);
    await store.attempt(lease, { operation: again, index: 0, at: NOW });
    expect((await bench.operation(again)).parts).toMatchObject([{ state: "attempting", attempts: 2 }]);
    const sent = { operation: found, index: 0, state: "sent", operationState: "done", at: NOW } as const;
    await store.settle(lease, { ...sent, result: { message: "m1" } });
    expect(await bench.operation(found)).toMatchObject({
      state: "done",
      parts: [{ state: "sent", attempts: 1 }],
    });
  });

  check("may be done and still keep a doubt with their part", async (bench) => {
    const seq = await bench.enqueue(send("hi"));
    const { store, lease } = bench;
    await store.attempt(lease, { operation: seq, parts: [part("1")], index: 0, at: NOW });
    const error = "an earlier call may have arrived too";
    await store.settle(lease, {
      operation: seq,
      index: 0,
      state: "sent",
      operationState: "done",
      error,
      at: NOW,
    });
    expect(await bench.operation(seq)).toMatchObject({ state: "done", parts: [{ state: "sent", error }] });
    expect((await bench.operation(seq)).reason).toBeUndefined();
  });

  check("never touch a part again that was sent", async (bench) => {
    const seq = await bench.enqueue(send("hi"));
    const { store, lease } = bench;
    await store.attempt(lease, { operation: seq, parts: [part("1"), part("2")], index: 0, at: NOW });
    await store.settle(lease, {
      operation: seq,
      index: 0,
      state: "sent",
      result: { message: "m1" },
      at: NOW,
    });
    await refused(store.attempt(lease, { operation: seq, index: 0, at: NOW }), "stale");
    await refused(store.settle(lease, { operation: seq, index: 0, state: "queued", at: NOW }), "stale");
    await store.attempt(lease, { operation: seq, index: 1, at: NOW });
    const back = { operation: seq, index: 1, state: "queued", next: 0, at: NOW } as const;
    await refused(store.settle(lease, back), "stale");
    expect((await bench.operation(seq)).parts).toMatchObject([
      { state: "sent", attempts: 1, result: { message: "m1" } },
      { state: "attempting", attempts: 1 },
    ]);
  });

  check("have no other parts than those of their split", async (bench) => {
    const seq = await bench.enqueue(send("hi"));
    const { store, lease } = bench;
    await refused(store.attempt(lease, { operation: seq, index: 0, at: NOW }), "stale");
    await refused(store.attempt(lease, { operation: seq, parts: [part("1")], index: 1, at: NOW }), "stale");
    expect((await bench.operation(seq)).parts).toEqual([]);
    await store.attempt(lease, { operation: seq, parts: [part("1")], index: 0, at: NOW });
    await refused(store.settle(lease, { operation: seq, index: 1, state: "sent", at: NOW }), "stale");
    await refused(
      store.settle(lease, { operation: seq, index: 0, state: "sent", next: 1, at: NOW }),
      "stale",
    );
    expect((await bench.operation(seq)).parts).toMatchObject([{ state: "attempting" }]);
  });
}
