import { expect } from "vitest";
import { type Check, first } from "./bench.js";
import { DAY, IDENTITY, NOW, part, SESSION, send, toDo } from "./fixtures.js";

export function receiptChecks(check: Check): void {
  check("know which operation made a message", async (bench) => {
    const [a = 0, b = 0] = await bench.store.enqueue(bench.lease, [send("a"), send("b", { chat: "bob" })]);
    // Platforms that count messages per chat give both the same id.
    await bench.deliver(a, "17");
    await bench.deliver(b, "17");
    await bench.restart();
    const { store } = bench;
    expect(await store.operationOfMessage(IDENTITY, "ada", "17")).toBe(a);
    expect(await store.operationOfMessage(IDENTITY, "bob", "17")).toBe(b);
    expect(await store.operationOfMessage(IDENTITY, "ada", "18")).toBeUndefined();
    expect(await store.operationOfMessage(IDENTITY, "cy", "17")).toBeUndefined();
    expect(await store.operationOfMessage("toy:2", "ada", "17")).toBeUndefined();
  });

  check("know every part's message", async (bench) => {
    const seq = await bench.enqueue(send("long"));
    const { store, lease } = bench;
    await store.attempt(lease, { operation: seq, parts: [part("1"), part("2")], index: 0, at: NOW });
    await store.settle(lease, {
      operation: seq,
      index: 0,
      state: "sent",
      result: { message: "m1" },
      next: 1,
      at: NOW,
    });
    expect(await store.operationOfMessage(IDENTITY, "ada", "m1")).toBe(seq);
    await store.settle(lease, {
      operation: seq,
      index: 1,
      state: "sent",
      result: { message: "m2" },
      at: NOW,
    });
    expect(await store.operationOfMessage(IDENTITY, "ada", "m2")).toBe(seq);
  });

  check("know where a message went when that is not where it was sent", async (bench) => {
    const seq = await bench.enqueue(send("hi", { chat: "user:7" }));
    const { store, lease } = bench;
    await store.attempt(lease, { operation: seq, parts: [part("1")], index: 0, at: NOW });
    const result = { message: "m1", to: { chat: "conversation:70" } };
    await store.settle(lease, {
      operation: seq,
      index: 0,
      state: "sent",
      result,
      operationState: "done",
      at: NOW,
    });
    await bench.restart();
    expect(await bench.store.operationOfMessage(IDENTITY, "conversation:70", "m1")).toBe(seq);
    expect(await bench.store.operationOfMessage(IDENTITY, "user:7", "m1")).toBeUndefined();
    const receipt = { chat: "conversation:70", message: "m1", status: "read", at: NOW } as const;
    expect(await bench.store.receipt(bench.lease, receipt)).toBe(true);
  });

  check("hold to the operation that made a message when another one edits it", async (bench) => {
    const made = await bench.enqueue(send("a"));
    await bench.deliver(made, "m1");
    const edited = await bench.enqueue(
      toDo({ kind: "edit", to: { chat: "ada", message: "m1" }, text: "b", format: "plain" }),
    );
    await bench.deliver(edited, "m1");
    expect(await bench.store.operationOfMessage(IDENTITY, "ada", "m1")).toBe(made);
    const receipt = { chat: "ada", message: "m1", status: "failed", reason: "bounced", at: NOW } as const;
    expect(await bench.store.receipt(bench.lease, receipt)).toBe(true);
    expect(await bench.operation(made)).toMatchObject({ state: "failed" });
    expect(await bench.operation(edited)).toMatchObject({ state: "done" });
  });

  check("note what was delivered and read, in whatever order that is told", async (bench) => {
    const seq = await bench.enqueue(send("a"));
    await bench.deliver(seq, "m1");
    const tell = (status: "delivered" | "read") =>
      bench.store.receipt(bench.lease, { chat: "ada", message: "m1", status, at: NOW });
    const told = async () => (await bench.operation(seq)).parts[0]?.receipt;
    expect(await told()).toBeUndefined();
    expect(await tell("delivered")).toBe(true);
    expect(await told()).toBe("delivered");
    expect(await tell("read")).toBe(true);
    expect(await tell("delivered")).toBe(true);
    await bench.restart();
    expect(await told()).toBe("read");
    expect((await bench.operation(seq)).state).toBe("done");
  });

  check("say when no sent part made the message", async (bench) => {
    const seq = await bench.enqueue(send("a"));
    await bench.deliver(seq, "m1");
    const tell = (chat: string, message: string, lease = bench.lease) =>
      bench.store.receipt(lease, { chat, message, status: "failed", at: NOW });
    expect(await tell("ada", "m2")).toBe(false);
    expect(await tell("bob", "m1")).toBe(false);
    expect(await tell("ada", "m1", await bench.leaseOf("toy:2"))).toBe(false);
    expect((await bench.operation(seq)).state).toBe("done");
  });

  check("make a late failure a dead letter, which can be sent again", async (bench) => {
    const seq = await bench.enqueue(send("a", { session: SESSION }));
    const { store, lease } = bench;
    await store.attempt(lease, { operation: seq, parts: [part("1"), part("2")], index: 0, at: NOW });
    await store.settle(lease, {
      operation: seq,
      index: 0,
      state: "sent",
      result: { message: "m1" },
      next: 1,
      at: NOW,
    });
    const last = { operation: seq, index: 1, state: "sent", operationState: "done", at: NOW } as const;
    await store.settle(lease, { ...last, result: { message: "m2" } });
    const failure = { chat: "ada", message: "m2", status: "failed", reason: "bounced", at: NOW + 9 } as const;
    expect(await store.receipt(lease, failure)).toBe(true);
    await bench.restart();
    const letter = {
      id: `operation:${seq}`,
      identity: IDENTITY,
      session: SESSION,
      reason: "bounced",
      at: NOW + 9,
    };
    expect(await bench.store.deadLetters(9)).toEqual([letter]);
    expect(await bench.operation(seq)).toMatchObject({
      state: "failed",
      reason: "bounced",
      parts: [{ state: "sent" }, { receipt: "failed" }],
    });
    expect((await bench.operation(seq)).parts[0]?.receipt).toBeUndefined();

    const retry = { id: letter.id, verdict: "retry", at: NOW, expiresAt: NOW + DAY } as const;
    expect(await bench.store.settleDeadLetter(bench.lease, retry)).toBe(true);
    expect((await bench.operation(seq)).parts).toMatchObject([{ state: "sent" }, { state: "queued" }]);
    expect((await bench.operation(seq)).parts[1]?.receipt).toBeUndefined();
    // Platforms repeat themselves: the old failure must not stop the new try.
    expect(await bench.store.receipt(bench.lease, failure)).toBe(false);
    expect(await bench.open()).toEqual([seq]);
    expect(await bench.store.deadLetters(9)).toEqual([]);
  });

  check("do not bring back a failure that was dropped", async (bench) => {
    const seq = await bench.enqueue(send("a"));
    await bench.deliver(seq, "m1");
    const failure = { chat: "ada", message: "m1", status: "failed", at: NOW } as const;
    await bench.store.receipt(bench.lease, failure);
    const { id, reason } = first(await bench.store.deadLetters(9));
    expect(reason).not.toBe("");
    await bench.store.settleDeadLetter(bench.lease, { id, verdict: "drop", at: NOW, expiresAt: 0 });
    await bench.store.receipt(bench.lease, failure);
    expect((await bench.operation(seq)).state).toBe("dropped");
    expect(await bench.store.deadLetters(9)).toEqual([]);
  });
}
