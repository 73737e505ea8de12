import { expect } from "vitest";
import { type Bench, type Check, refused } from "./bench.js";
import { DAY, IDENTITY, message, NOW, part, SESSION, send } from "./fixtures.js";

export function deadLetterChecks(check: Check): void {
  check("are listed oldest first, of events and operations", async (bench) => {
    const late = await bench.event(message("a"), "dead", NOW + 3);
    const operation = await deadOperation(bench, NOW + 2);
    const early = await bench.event(message("b"), "dead", NOW + 1);
    await bench.event(message("c"), "answered");
    await bench.restart();
    expect(await bench.store.deadLetters(9)).toEqual([
      { id: `event:${early}`, identity: IDENTITY, session: SESSION, reason: "it was dead", at: NOW + 1 },
      { id: `operation:${operation}`, identity: IDENTITY, session: SESSION, reason: "refused", at: NOW + 2 },
      { id: `event:${late}`, identity: IDENTITY, session: SESSION, reason: "it was dead", at: NOW + 3 },
    ]);
    expect(await bench.store.deadLetters(2)).toHaveLength(2);
    expect(await bench.unfinished()).toEqual([]);
  });

  check("of events are tried again as if they had just come", async (bench) => {
    const seq = await bench.acceptOne(message("a"));
    await bench.begin([seq]);
    const last = await bench.begin([seq], NOW + 1);
    await bench.store.postpone(bench.lease, { events: [seq], dueAt: NOW + DAY, reason: "wait" });
    await bench.finish([seq], last, "dead", [], NOW + 2);
    expect(await settle(bench, `event:${seq}`, "retry", NOW + DAY)).toBe(true);
    await bench.restart();
    const stored = await bench.stored(seq);
    expect(stored).toMatchObject({ dueAt: 0, receivedAt: NOW + DAY, decision: { fate: "accepted" } });
    expect([stored.startedAt, stored.finishedAt]).toEqual([undefined, undefined]);
    expect(await bench.store.deadLetters(9)).toEqual([]);
    expect(await bench.unfinished()).toEqual([seq]);
    // Output of an attempt from before is still known as old.
    const attempt = await bench.begin([seq], NOW + DAY);
    expect(attempt).toBeGreaterThan(last);
    await refused(bench.finish([seq], last), "stale");
    await bench.finish([seq], attempt);
  });

  check("of events are dropped", async (bench) => {
    const seq = await bench.event(message("a"), "dead");
    expect(await settle(bench, `event:${seq}`, "drop")).toBe(true);
    await bench.restart();
    expect((await bench.stored(seq)).decision.fate).toBe("dropped");
    expect((await bench.stored(seq)).decision.reason).not.toBe("it was dead");
    expect(await bench.unfinished()).toEqual([]);
    expect(await bench.store.deadLetters(9)).toEqual([]);
  });

  check("of operations are tried again, without what was sent already", async (bench) => {
    const seq = await bench.enqueue(send("a"));
    const { store, lease } = bench;
    await store.attempt(lease, {
      operation: seq,
      parts: [part("1"), part("2"), part("3")],
      index: 0,
      at: NOW,
    });
    await store.settle(lease, {
      operation: seq,
      index: 0,
      state: "sent",
      result: { message: "m1" },
      next: 1,
      at: NOW,
    });
    const failed = { operation: seq, index: 1, state: "unknown", operationState: "failed", at: NOW } as const;
    await store.settle(lease, { ...failed, error: "gone" });
    expect(await settle(bench, `operation:${seq}`, "retry", NOW, NOW + 5 * DAY)).toBe(true);
    await bench.restart();
    expect(await bench.operation(seq)).toMatchObject({
      state: "open",
      dueAt: 0,
      expiresAt: NOW + 5 * DAY,
      parts: [
        { part: part("1"), state: "sent", result: { message: "m1" } },
        { part: part("2"), state: "queued", attempts: 0 },
        { part: part("3"), state: "queued" },
      ],
    });
    expect((await bench.operation(seq)).reason).toBeUndefined();
    expect(await bench.open()).toEqual([seq]);
    expect(await bench.store.deadLetters(9)).toEqual([]);
  });

  check("of operations that never had parts are tried again", async (bench) => {
    const seq = await deadOperation(bench);
    expect(await settle(bench, `operation:${seq}`, "retry")).toBe(true);
    await bench.deliver(seq, "m1");
    expect((await bench.operation(seq)).state).toBe("done");
  });

  check("of operations are dropped", async (bench) => {
    const seq = await deadOperation(bench);
    expect(await settle(bench, `operation:${seq}`, "drop")).toBe(true);
    await bench.restart();
    expect((await bench.operation(seq)).state).toBe("dropped");
    expect(await bench.open()).toEqual([]);
    expect(await bench.store.deadLetters(9)).toEqual([]);
  });

  check("are settled once, and only those of one's own identity", async (bench) => {
    const dead = await bench.event(message("a"), "dead");
    const operation = await deadOperation(bench);
    const alive = await bench.event(message("b"), "answered");
    const queued = await bench.enqueue(send("c"));
    const other = await bench.leaseOf("toy:2");
    for (const id of [`event:${dead}`, `operation:${operation}`]) {
      const drop = { id, verdict: "drop", at: NOW, expiresAt: 0 } as const;
      expect(await bench.store.settleDeadLetter(other, drop)).toBe(false);
    }
    expect(await bench.store.deadLetters(9)).toHaveLength(2);
    const none = [
      "event:999999",
      "operation:999999",
      `event:${alive}`,
      `operation:${queued}`,
      "event:",
      "event",
      "",
      "chat:1",
    ];
    for (const id of none) expect(await settle(bench, id, "drop")).toBe(false);
    expect(await settle(bench, `event:${dead}`, "drop")).toBe(true);
    expect(await settle(bench, `event:${dead}`, "retry")).toBe(false);
    expect(await settle(bench, `operation:${operation}`, "retry")).toBe(true);
    expect(await settle(bench, `operation:${operation}`, "drop")).toBe(false);
    expect((await bench.stored(alive)).decision.fate).toBe("answered");
    expect(await bench.open()).toEqual([operation, queued]);
  });
}

async function deadOperation(bench: Bench, at = NOW): Promise<number> {
  const operation = await bench.enqueue(send("a", { session: SESSION }));
  await bench.store.close(bench.lease, { operation, state: "failed", reason: "refused", at });
  return operation;
}

function settle(
  bench: Bench,
  id: string,
  verdict: "retry" | "drop",
  at = NOW,
  expiresAt = NOW + DAY,
): Promise<boolean> {
  return bench.store.settleDeadLetter(bench.lease, { id, verdict, at, expiresAt });
}
