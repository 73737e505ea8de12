import { expect } from "vitest";
import { type Check, first, refused } from "./bench.js";
import { DAY, IDENTITY, NOW, notJson, part, SESSION, send, toDo } from "./fixtures.js";

export function operationChecks(check: Check): void {
  check("are kept as they were given", async (bench) => {
    const full = send("hi", { session: SESSION, turn: 41, createdAt: NOW + 1, expiresAt: 0 });
    const bare = toDo({ kind: "react", to: { chat: "ada", message: "m1" }, emoji: null });
    const seqs = await bench.store.enqueue(bench.lease, [full, bare]);
    await bench.restart();
    const stored = await bench.store.operations([...seqs].reverse().flatMap((seq) => [seq + 1_000, seq]));
    const untouched = { identity: IDENTITY, dueAt: 0, state: "open", parts: [] };
    expect(stored).toMatchObject([
      { ...bare, ...untouched },
      { ...full, ...untouched },
    ]);
    expect(first(stored).session).toBeUndefined();
    expect(first(stored).turn).toBeUndefined();
    expect(first(stored).reason).toBeUndefined();
    expect(await bench.store.operationsOfTurn(41)).toMatchObject([full]);
    expect(await bench.store.operationsOfTurn(42)).toEqual([]);
  });

  check("are added all or none", async (bench) => {
    const bad = toDo({ kind: "action", to: { chat: "ada" }, name: "poll", input: notJson() });
    await expect(bench.store.enqueue(bench.lease, [send("hi"), bad])).rejects.toThrow();
    expect(await bench.open()).toEqual([]);
  });

  check("that are open are listed in order, page by page", async (bench) => {
    const seqs = await bench.store.enqueue(
      bench.lease,
      ["a", "b", "c", "d", "e"].map((lane) => send(lane, { lane })),
    );
    await bench.store.enqueue(await bench.leaseOf("toy:2"), [send("not ours")]);
    const [, second = 0] = seqs;
    await bench.deliver(second, "m1");
    const listed: number[] = [];
    for (let after = 0; ; ) {
      const page = await bench.store.openOperations(IDENTITY, after, 3);
      if (page.length === 0) break;
      expect(page.length).toBeLessThanOrEqual(3);
      listed.push(...page.map((head) => head.seq));
      after = listed.at(-1) ?? 0;
    }
    expect(listed).toEqual(seqs.filter((seq) => seq !== second));
    expect(listed).toEqual([...listed].sort((a, b) => a - b));
    expect(await bench.store.openOperations(IDENTITY, 0, 1)).toEqual([
      { seq: first(seqs), lane: "a", dueAt: 0 },
    ]);
  });

  check("remember for good that the outcome of a call was never learnt", async (bench) => {
    const [killed = 0, timedOut = 0, fine = 0] = await bench.store.enqueue(
      bench.lease,
      ["a", "b", "c"].map((lane) => send(lane, { lane })),
    );
    const doubts = async (seq: number) => (await bench.operation(seq)).parts[0]?.uncertain;
    const attempt = (operation: number) =>
      bench.store.attempt(bench.lease, { operation, parts: [part("1")], index: 0, at: NOW });
    const settle = (operation: number, state: "queued" | "sent") =>
      bench.store.settle(bench.lease, { operation, index: 0, state, at: NOW });
    for (const seq of [killed, timedOut, fine]) await attempt(seq);
    await bench.store.settle(bench.lease, {
      operation: timedOut,
      index: 0,
      state: "unknown",
      error: "no answer",
      at: NOW,
    });
    await settle(fine, "queued");
    await bench.restart();
    for (const seq of [killed, timedOut, fine]) await attempt(seq);
    // A later call that surely did not happen does not undo the doubt about the first.
    await settle(killed, "queued");
    await attempt(killed);
    for (const seq of [killed, timedOut, fine]) await settle(seq, "sent");
    expect((await bench.operation(timedOut)).parts[0]?.error).toBe("no answer");
    expect([await doubts(killed), await doubts(timedOut), await doubts(fine)]).toEqual([1, 1, 0]);
  });

  check("end without a call", async (bench) => {
    const [expired = 0, failed = 0] = await bench.store.enqueue(bench.lease, [send("late"), send("bad")]);
    const { store, lease } = bench;
    await store.close(lease, {
      operation: expired,
      state: "expired",
      reason: "older than 24 h",
      at: NOW + DAY,
    });
    await store.close(lease, { operation: failed, state: "failed", reason: "no such chat", at: NOW });
    await bench.restart();
    expect(await bench.operation(expired)).toMatchObject({
      state: "expired",
      reason: "older than 24 h",
      parts: [],
    });
    expect(await bench.open()).toEqual([]);
    expect(await bench.store.deadLetters(9)).toMatchObject([
      { id: `operation:${failed}`, reason: "no such chat" },
    ]);
  });

  check("that are over, foreign or unknown are left alone", async (bench) => {
    const over = await bench.enqueue(send("hi"));
    await bench.deliver(over, "m1");
    const foreign = first(await bench.store.enqueue(await bench.leaseOf("toy:2"), [send("hi")]));
    const { store, lease } = bench;
    for (const operation of [over, foreign, foreign + 1_000]) {
      await refused(store.attempt(lease, { operation, parts: [part("1")], index: 0, at: NOW }), "stale");
      await refused(store.settle(lease, { operation, index: 0, state: "queued", at: NOW }), "stale");
      await refused(store.close(lease, { operation, state: "expired", reason: "late", at: NOW }), "stale");
    }
    expect(await bench.operation(over)).toMatchObject({
      state: "done",
      parts: [{ state: "sent", attempts: 1 }],
    });
    expect(await bench.operation(foreign)).toMatchObject({ state: "open", parts: [] });
  });

  check("are copies: what a caller does with its own later is not seen", async (bench) => {
    const payload = { text: "as it was" };
    const seq = await bench.enqueue(send("hi"));
    await bench.store.attempt(bench.lease, {
      operation: seq,
      parts: [{ call: "say", payload }],
      index: 0,
      at: NOW,
    });
    payload.text = "changed after the call";
    Object.assign((await bench.operation(seq)).operation, { text: "changed after reading" });
    expect(await bench.operation(seq)).toMatchObject({
      operation: { text: "hi" },
      parts: [{ part: { payload: { text: "as it was" } } }],
    });
  });
}
