import { expect } from "vitest";
import { type Check, first, refused } from "./bench.js";
import { IDENTITY, MINUTE, message, NOW, notJson, SESSION, send, toDo } from "./fixtures.js";

export function turnChecks(check: Check): void {
  check("count their attempts from 1, also over restarts", async (bench) => {
    const seqs = await bench.accept([message("a"), message("b")]);
    expect(await bench.begin(seqs, NOW + 1)).toBe(1);
    expect(await bench.begin(seqs, NOW + 2)).toBe(2);
    await bench.restart();
    expect(await bench.begin(seqs, NOW + 3)).toBe(3);
    for (const seq of seqs) {
      expect(await bench.stored(seq)).toMatchObject({
        attempts: 3,
        startedAt: NOW + 1,
        decision: { fate: "admitted", rule: "dm.open", reason: "it was admitted" },
      });
    }
    expect(await bench.unfinished()).toEqual(seqs);
  });

  check("have a number above every earlier attempt of any of their events", async (bench) => {
    const [a = 0, b = 0] = await bench.accept([message("a"), message("b")]);
    await bench.begin([a]);
    const both = await bench.begin([b, a]);
    expect(both).toBe(2);
    // Cut differently, the turn gets a number of its own: the output of `both` is old for b too.
    const alone = await bench.begin([b]);
    expect(alone).toBe(3);
    await refused(bench.finish([b], both), "stale");
    await bench.finish([b], alone);
    await bench.finish([a], both);
  });

  check("begin with unfinished events of their identity, or not at all", async (bench) => {
    const open = await bench.acceptOne(message("open"));
    const done = await bench.event(message("done"), "answered");
    const foreign = await bench.acceptOne(message("foreign"), NOW, await bench.leaseOf("toy:2"));
    for (const bad of [done, foreign, foreign + 1_000]) await refused(bench.begin([open, bad]), "stale");
    expect(await bench.stored(open)).toMatchObject({ attempts: 0, decision: { fate: "accepted" } });
    expect(await bench.stored(done)).toMatchObject({ attempts: 1, decision: { fate: "answered" } });
    expect(await bench.stored(foreign)).toMatchObject({ attempts: 0, decision: { fate: "accepted" } });
  });

  check("end with fate, operations and state in one commit", async (bench) => {
    const seqs = await bench.accept([message("a"), message("b")]);
    const attempt = await bench.begin(seqs);
    const operations = [send("1", { turn: first(seqs) }), send("2", { turn: first(seqs) })];
    const added = await bench.store.finish(bench.lease, {
      events: seqs,
      attempt,
      decision: {
        fate: "answered",
        reason: "answered",
        rule: "dm.allowlist",
        path: "connectors.toy.allowFrom",
      },
      operations,
      state: [{ key: "greeted", value: true, ifVersion: 0 }],
      at: NOW + 9,
    });
    await bench.restart();
    for (const seq of seqs) {
      expect(await bench.stored(seq)).toMatchObject({
        finishedAt: NOW + 9,
        decision: {
          fate: "answered",
          reason: "answered",
          rule: "dm.allowlist",
          path: "connectors.toy.allowFrom",
        },
      });
    }
    expect(await bench.unfinished()).toEqual([]);
    expect(await bench.open()).toEqual(added);
    expect(await bench.store.operations(added)).toMatchObject(operations);
    expect(await bench.store.operationsOfTurn(first(seqs))).toMatchObject(operations);
    expect(await bench.store.stateGet(IDENTITY, "greeted", NOW)).toEqual({
      key: "greeted",
      value: true,
      version: 1,
    });
  });

  check("may end without having begun, by policy alone", async (bench) => {
    const seq = await bench.acceptOne(message("a"));
    await bench.finish([seq], 0, { fate: "held", reason: "a stranger", rule: "dm.pairing" }, [
      send("who are you?"),
    ]);
    const stored = await bench.stored(seq);
    expect(stored).toMatchObject({
      attempts: 0,
      decision: { fate: "held", reason: "a stranger", rule: "dm.pairing" },
    });
    expect(stored.startedAt).toBeUndefined();
    expect(stored.decision.path).toBeUndefined();
    expect(await bench.open()).toHaveLength(1);
  });

  check(
    "may be over already when more is committed: operations and state without an event",
    async (bench) => {
      const turn = await bench.event(message("hi"), "held");
      const state = [{ key: "code", value: "hash", ifVersion: 0 }];
      const later = { ...send("your code"), turn };
      const request = { events: [], attempt: 0, operations: [later], state, at: NOW + 1 };
      const decision = { fate: "held", reason: "a stranger", rule: "dm.pairing" } as const;
      const [seq] = await bench.store.finish(bench.lease, { ...request, decision });
      expect((await bench.store.operationsOfTurn(turn)).map((each) => each.seq)).toEqual([seq]);
      expect(await bench.store.stateGet(IDENTITY, "code", NOW + 1)).toMatchObject({ value: "hash" });
      await refused(
        bench.store.finish(bench.lease, { ...request, decision, operations: [send("another")] }),
        "stale",
      );
      expect(await bench.store.openOperations(IDENTITY, 0, 10)).toHaveLength(1);
    },
  );

  check("drop the outcome of an older attempt", async (bench) => {
    const seq = await bench.acceptOne(message("a"));
    const old = await bench.begin([seq]);
    const attempt = await bench.begin([seq]);
    await refused(bench.finish([seq], old, "answered", [send("old")]), "stale");
    await refused(bench.finish([seq], 0, "ignored"), "stale");
    expect(await bench.unfinished()).toEqual([seq]);
    expect(await bench.open()).toEqual([]);
    await bench.finish([seq], attempt, "answered", [send("new")]);
    expect(await bench.open()).toHaveLength(1);
  });

  check("end once", async (bench) => {
    const [a = 0, b = 0] = await bench.accept([message("a"), message("b")]);
    const attempt = await bench.begin([a]);
    await bench.finish([a], attempt, "answered", [send("once")]);
    await refused(bench.finish([a], attempt, "answered", [send("twice")]), "stale");
    await refused(bench.finish([b, a], attempt, "ignored", [send("twice")]), "stale");
    expect(await bench.open()).toHaveLength(1);
    expect((await bench.stored(a)).decision.fate).toBe("answered");
    expect(await bench.unfinished()).toEqual([b]);
  });

  check("end for events of their own identity only", async (bench) => {
    const foreign = await bench.acceptOne(message("foreign"), NOW, await bench.leaseOf("toy:2"));
    await refused(bench.finish([foreign], 0, "ignored", [send("hi")]), "stale");
    expect((await bench.stored(foreign)).decision.fate).toBe("accepted");
    expect(await bench.open()).toEqual([]);
  });

  check("change nothing when a version does not hold", async (bench) => {
    const seq = await bench.acceptOne(message("a"));
    const attempt = await bench.begin([seq]);
    await bench.store.stateBatch(bench.lease, [{ key: "counter", value: 1 }], NOW);
    const request = {
      events: [seq],
      attempt,
      decision: (await bench.stored(seq)).decision,
      operations: [send("hi")],
      at: NOW,
    };
    const state = [
      { key: "other", value: 1 },
      { key: "counter", value: 2, ifVersion: 5 },
    ];
    await refused(
      bench.store.finish(bench.lease, {
        ...request,
        decision: { ...request.decision, fate: "answered" },
        state,
      }),
      "stale",
    );
    await bench.restart();
    expect((await bench.stored(seq)).decision.fate).toBe("admitted");
    expect((await bench.stored(seq)).finishedAt).toBeUndefined();
    expect(await bench.open()).toEqual([]);
    expect(await bench.store.stateGet(IDENTITY, "other", NOW)).toBeUndefined();
    expect(await bench.store.stateGet(IDENTITY, "counter", NOW)).toEqual({
      key: "counter",
      value: 1,
      version: 1,
    });
  });

  check("change nothing when an operation is no JSON", async (bench) => {
    const seq = await bench.acceptOne(message("a"));
    const attempt = await bench.begin([seq]);
    const bad = toDo({ kind: "action", to: { chat: "ada" }, name: "poll", input: notJson() });
    await expect(bench.finish([seq], attempt, "answered", [send("hi"), bad])).rejects.toThrow();
    expect(await bench.unfinished()).toEqual([seq]);
    expect(await bench.open()).toEqual([]);
    await bench.finish([seq], attempt, "answered", [send("hi")]);
  });

  check("that are postponed stay unfinished until their time", async (bench) => {
    const [a = 0, b = 0] = await bench.accept([message("a"), message("b")]);
    await bench.begin([a]);
    await bench.store.postpone(bench.lease, {
      events: [a],
      dueAt: NOW + MINUTE,
      reason: "the model is overloaded",
    });
    await bench.restart();
    expect(await bench.store.unfinished(IDENTITY, 0, 9)).toMatchObject([
      { seq: a, session: SESSION, dueAt: NOW + MINUTE },
      { seq: b, session: SESSION, dueAt: 0 },
    ]);
    expect(await bench.stored(a)).toMatchObject({
      dueAt: NOW + MINUTE,
      attempts: 1,
      startedAt: NOW,
      decision: { reason: "the model is overloaded" },
    });
    expect(await bench.begin([a])).toBe(2);
  });

  check("may be postponed to a fraction of a millisecond", async (bench) => {
    const seq = await bench.acceptOne(message("a"));
    await bench.store.postpone(bench.lease, { events: [seq], dueAt: NOW + 1_234.567, reason: "jitter" });
    expect(Math.abs((await bench.stored(seq)).dueAt - (NOW + 1_234.567))).toBeLessThan(1);
  });

  check("that are finished do not come back by being postponed", async (bench) => {
    const open = await bench.acceptOne(message("open"));
    const done = await bench.event(message("done"), "answered");
    const both = { events: [open, done], dueAt: NOW + MINUTE, reason: "late" };
    await refused(bench.store.postpone(bench.lease, both), "stale");
    expect(await bench.store.unfinished(IDENTITY, 0, 9)).toMatchObject([{ seq: open, dueAt: 0 }]);
    expect((await bench.stored(done)).decision).toMatchObject({
      fate: "answered",
      reason: "it was answered",
    });
  });
}
