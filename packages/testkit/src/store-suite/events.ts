import type { Json } from "@elizaos/connector-core";
import { expect } from "vitest";
import { type Check, first } from "./bench.js";
import { DAY, decision, edit, IDENTITY, message, NOW, notJson, SESSION, session } from "./fixtures.js";

const FAMILY = "👨‍👩‍👧 שלום \u0000 \ud83d end";

export function eventChecks(check: Check): void {
  check("are kept as they were received", async (bench) => {
    const added = message("hi", { order: 7 });
    const seq = await bench.acceptOne(added, NOW + 5);
    await bench.restart();
    expect(await bench.stored(seq)).toMatchObject({
      seq,
      identity: IDENTITY,
      session: SESSION,
      event: added.event,
      order: 7,
      dueAt: 0,
      receivedAt: NOW + 5,
      attempts: 0,
      decision: { fate: "accepted" },
    });
    const { startedAt, finishedAt } = await bench.stored(seq);
    expect([startedAt, finishedAt]).toEqual([undefined, undefined]);
  });

  check("without an order of the platform's have none", async (bench) => {
    await bench.acceptOne(message("hi"));
    expect(first(await bench.store.unfinished(IDENTITY, 0, 1)).order).toBeUndefined();
  });

  check("keep emoji, right-to-left text, NUL and half surrogate pairs", async (bench) => {
    const seq = await bench.acceptOne(message(FAMILY));
    expect((await bench.stored(seq)).event).toMatchObject({ content: { text: FAMILY } });
  });

  check("are duplicates when any of their keys is known", async (bench) => {
    const { store, lease } = bench;
    const offer = async (...keys: [string, ...string[]]) =>
      first(await store.accept(lease, { events: [message("hi", { keys })], at: NOW, keysUntil: NOW + DAY }))
        .status;
    expect(await offer("object:1", "delivery:1")).toBe("accepted");
    expect(await offer("object:1", "delivery:2")).toBe("duplicate");
    expect(await offer("object:2", "delivery:1")).toBe("duplicate");
    expect(await offer("object:1")).toBe("duplicate");
    // A duplicate leaves none of its keys behind.
    expect(await offer("delivery:2")).toBe("accepted");
    expect(await offer("object:2")).toBe("accepted");
    expect(await bench.unfinished()).toHaveLength(3);
  });

  check("are duplicates after a restart", async (bench) => {
    await bench.acceptOne(message("hi", { keys: ["object:1"] }));
    await bench.restart();
    const again = { events: [message("hi", { keys: ["object:1"] })], at: NOW, keysUntil: NOW + DAY };
    expect(await bench.store.accept(bench.lease, again)).toEqual([{ status: "duplicate" }]);
  });

  check("are duplicates inside one batch", async (bench) => {
    const events = [
      message("one", { keys: ["a", "b"] }),
      message("two", { keys: ["c"] }),
      message("one again", { keys: ["b"] }),
      message("two again", { keys: ["d", "c"] }),
    ];
    const results = await bench.store.accept(bench.lease, { events, at: NOW, keysUntil: NOW + DAY });
    expect(results.map((result) => result.status)).toEqual([
      "accepted",
      "accepted",
      "duplicate",
      "duplicate",
    ]);
    expect(await bench.unfinished()).toHaveLength(2);
  });

  check("may name one key twice", async (bench) => {
    await bench.acceptOne(message("hi", { keys: ["a", "a"] }));
    expect(await bench.unfinished()).toHaveLength(1);
  });

  check("of different identities may have the same keys", async (bench) => {
    const other = await bench.leaseOf("toy:2");
    await bench.acceptOne(message("hi", { keys: ["a"] }));
    await bench.acceptOne(message("hi", { keys: ["a"] }), NOW, other);
    expect(await bench.unfinished()).toHaveLength(1);
    expect(await bench.unfinished("toy:2")).toHaveLength(1);
  });

  check("that are no JSON are refused alone", async (bench) => {
    const circle: Json[] = [];
    circle.push(circle);
    const events = [
      message("one"),
      message("a BigInt", { keys: ["bad:1"], raw: notJson() }),
      message("a circle", { keys: ["bad:2"], raw: circle }),
      message("two"),
    ];
    const cursor = { name: "updates", value: 12 };
    const results = await bench.store.accept(bench.lease, { events, cursor, at: NOW, keysUntil: NOW + DAY });
    expect(results.map((result) => result.status)).toEqual(["accepted", "refused", "refused", "accepted"]);
    for (const result of results) if (result.status === "refused") expect(result.reason).not.toBe("");
    expect(await bench.unfinished()).toHaveLength(2);
    expect((await bench.store.stateGet(IDENTITY, "cursor/updates", NOW))?.value).toBe(12);
    // A refused event leaves no key behind.
    await bench.accept([message("mended", { keys: ["bad:1"] }), message("mended", { keys: ["bad:2"] })]);
  });

  check("commit with their cursor, which outlives the process", async (bench) => {
    const { store, lease } = bench;
    const offer = (value: Json, ...keys: readonly string[]) =>
      store.accept(lease, {
        events: keys.map((key) => message(key, { keys: [key] })),
        cursor: { name: "updates", value },
        at: NOW,
        keysUntil: NOW + DAY,
      });
    await offer({ offset: 1 }, "a", "b");
    await offer({ offset: 2 }, "b");
    await offer({ offset: 3 });
    await bench.restart();
    expect((await bench.store.stateGet(IDENTITY, "cursor/updates", NOW + 365 * DAY))?.value).toEqual({
      offset: 3,
    });
    expect(await bench.unfinished()).toHaveLength(2);
  });

  check("are not kept when their cursor is no JSON", async (bench) => {
    const request = {
      events: [message("hi")],
      cursor: { name: "updates", value: notJson() },
      at: NOW,
      keysUntil: NOW,
    };
    await expect(bench.store.accept(bench.lease, request)).rejects.toThrow();
    expect(await bench.unfinished()).toEqual([]);
  });

  check("that are unfinished are listed in order, page by page", async (bench) => {
    const seqs = await bench.accept(
      Array.from({ length: 7 }, (_, index) => message(`${index}`, { order: 100 - index })),
    );
    const other = await bench.leaseOf("toy:2");
    await bench.acceptOne(message("not ours"), NOW, other);
    const [, second = 0, , , fifth = 0] = seqs;
    await bench.begin([second]);
    await bench.finish([fifth], 0, "ignored");
    const listed: number[] = [];
    for (let after = 0; ; ) {
      const page = await bench.store.unfinished(IDENTITY, after, 2);
      if (page.length === 0) break;
      expect(page.length).toBeLessThanOrEqual(2);
      listed.push(...page.map((head) => head.seq));
      after = listed.at(-1) ?? 0;
    }
    expect(listed).toEqual(seqs.filter((seq) => seq !== fifth));
    expect(listed).toEqual([...listed].sort((a, b) => a - b));
    expect(await bench.store.unfinished(IDENTITY, 0, 1)).toEqual([
      { seq: first(seqs), session: SESSION, order: 100, dueAt: 0 },
    ]);
    expect(await bench.unfinished("toy:nobody")).toEqual([]);
  });

  check("come in the order asked for, without those that do not exist", async (bench) => {
    const seqs = await bench.accept([message("a"), message("b"), message("c")]);
    const asked = [...seqs].reverse().flatMap((seq) => [seq, seq + 1_000]);
    expect((await bench.store.events(asked)).map((event) => event.seq)).toEqual([...seqs].reverse());
    expect(await bench.store.events([])).toEqual([]);
  });

  check("of late are listed newest first, whatever became of them", async (bench) => {
    const other = await bench.leaseOf("toy:2");
    const a = await bench.event(message("a"), "ignored");
    const b = await bench.acceptOne(message("b"), NOW, other);
    const c = await bench.event(message("c"), "answered");
    const d = await bench.event(message("d"), "accepted");
    const recent = async (options: Parameters<typeof bench.store.recentEvents>[0]) =>
      (await bench.store.recentEvents(options)).map((event) => event.seq);
    expect(await recent({ limit: 10 })).toEqual([d, c, b, a]);
    expect(await recent({ limit: 2 })).toEqual([d, c]);
    expect(await recent({ limit: 2, before: c })).toEqual([b, a]);
    expect(await recent({ limit: 10, identity: IDENTITY })).toEqual([d, c, a]);
    expect(await recent({ limit: 10, identity: "toy:nobody" })).toEqual([]);
  });

  check("are counted by fate", async (bench) => {
    await bench.event(message("a"), "ignored");
    await bench.event(message("b"), "ignored");
    await bench.event(message("c"), "admitted");
    const other = await bench.leaseOf("toy:2");
    await bench.acceptOne(message("d"), NOW, other);
    const counts = await bench.store.counts(IDENTITY);
    expect(Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0))).toEqual({
      ignored: 2,
      admitted: 1,
    });
  });

  check("are rewritten once hydrated", async (bench) => {
    const seq = await bench.acceptOne(
      message("[pointer]", { keys: ["object:1"], order: 3, raw: { big: true } }),
    );
    const { event } = message("the text", { keys: ["object:1"], order: 3 });
    await bench.store.rewrite(bench.lease, { seq, event });
    await bench.restart();
    expect((await bench.stored(seq)).event).toEqual(event);
    expect(await bench.store.unfinished(IDENTITY, 0, 9)).toEqual([
      { seq, session: SESSION, order: 3, dueAt: 0 },
    ]);
    const again = { events: [message("again", { keys: ["object:1"] })], at: NOW, keysUntil: NOW + DAY };
    expect(await bench.store.accept(bench.lease, again)).toEqual([{ status: "duplicate" }]);
  });

  check("that are finished, foreign or no JSON are not rewritten", async (bench) => {
    const open = await bench.acceptOne(message("kept"));
    const done = await bench.event(message("kept"), "answered");
    const other = await bench.leaseOf("toy:2");
    const foreign = await bench.acceptOne(message("kept"), NOW, other);
    const rewrite = (seq: number, raw: Json = null) =>
      bench.store.rewrite(bench.lease, { seq, event: message("changed", { raw }).event });
    await expect(rewrite(open, notJson())).rejects.toThrow();
    await expect(rewrite(done)).rejects.toMatchObject({ code: "store", problem: "stale" });
    await expect(rewrite(foreign)).rejects.toMatchObject({ code: "store", problem: "stale" });
    await expect(rewrite(foreign + 1_000)).rejects.toMatchObject({ code: "store", problem: "stale" });
    for (const seq of [open, done, foreign]) {
      expect((await bench.stored(seq)).event).toMatchObject({ content: { text: "kept" } });
    }
  });

  check("are copies: what a caller does with its own later is not seen", async (bench) => {
    const content = { text: "as it was" };
    const { event } = edit("m1", "");
    const seq = await bench.acceptOne({ event: { ...event, kind: "message", content }, session: SESSION });
    content.text = "changed after the call";
    const read = await bench.stored(seq);
    Object.assign(read.event, { content: { text: "changed after reading" } });
    Object.assign(read.decision, decision("dropped"));
    expect((await bench.stored(seq)).event).toMatchObject({ content: { text: "as it was" } });
    expect((await bench.stored(seq)).decision.fate).toBe("accepted");
  });

  check("of a session are apart from those of another", async (bench) => {
    const group = session("group", "ada");
    await bench.accept([message("a"), message("b", { session: group })]);
    expect((await bench.store.unfinished(IDENTITY, 0, 9)).map((head) => head.session)).toEqual([
      SESSION,
      group,
    ]);
  });
}
