import { expect } from "vitest";
import type { Check } from "./bench.js";
import { IDENTITY, message, NOW, send, session } from "./fixtures.js";

/** Characters that a session key must encode and that patterns of databases know. */
const OLD = "49_1@s/lid%";
const NEW = "+49 1";

export function aliasChecks(check: Check): void {
  check("renames sessions of events and of operations", async (bench) => {
    const old = session("dm", OLD);
    const now = session("dm", NEW);
    const question = await bench.event(message("question", { session: old }), "answered");
    const answer = await bench.enqueue(
      send("answer", { chat: OLD, session: old, turn: question, createdAt: NOW + 1 }),
    );
    await bench.deliver(answer, "m1");
    const open = await bench.acceptOne(message("open", { session: old }), NOW + 2);
    const later = await bench.acceptOne(message("later", { session: now }), NOW + 3);
    await bench.store.alias(bench.lease, OLD, NEW);
    await bench.restart();
    expect((await bench.store.unfinished(IDENTITY, 0, 9)).map((head) => head.session)).toEqual([now, now]);
    expect((await bench.operation(answer)).session).toBe(now);
    const history = await bench.store.history(now, { before: later, limit: 9 });
    expect(history.map((entry) => entry.text)).toEqual(["question", "answer"]);
    expect(await bench.store.history(old, { before: later, limit: 9 })).toEqual([]);
    expect((await bench.stored(open)).event.address.chat).toBe("ada");
  });

  check("renames a chat with its threads, and no thread of another", async (bench) => {
    const sessions = [
      session("group", "5"),
      session("group", "5", "9"),
      session("group", "9", "5"),
      session("group", "55"),
    ];
    const seqs = await bench.accept(sessions.map((name) => message("hi", { session: name })));
    await bench.store.alias(bench.lease, "5", "6");
    expect((await bench.store.events(seqs)).map((event) => event.session)).toEqual([
      session("group", "6"),
      session("group", "6", "9"),
      session("group", "9", "5"),
      session("group", "55"),
    ]);
  });

  check("renames lanes, so that what waits keeps its order with what comes", async (bench) => {
    const lanes = ["5", "5/thread/9", "9/thread/5", "space/5", "space/5/thread/5", "55"];
    const seqs = await bench.store.enqueue(
      bench.lease,
      lanes.map((lane) => send("hi", { chat: "5", lane })),
    );
    await bench.store.alias(bench.lease, "5", "6");
    expect((await bench.store.operations(seqs)).map((operation) => operation.lane)).toEqual([
      "6",
      "6/thread/9",
      "9/thread/5",
      "space/6",
      "space/6/thread/5",
      "55",
    ]);
  });

  check("renames what pairing knows, and nothing that only looks like it", async (bench) => {
    const keys = [
      "pairing/approved/a_b",
      "pairing/request/a_b",
      "pairing/approved/aXb",
      "pairing/approved/A_B",
      "pairing/approved/xa_b",
      "pairing/a_b/kept",
      "cursor/a_b",
      "other/a_b",
    ];
    const changes = keys.map((key) => ({ key, value: key }));
    await bench.store.stateBatch(bench.lease, changes, NOW);
    await bench.store.stateBatch(bench.lease, changes.slice(0, 1), NOW);
    await bench.store.alias(bench.lease, "a_b", "c/d");
    await bench.restart();
    const listed = await bench.store.stateList(IDENTITY, "", { limit: 20, at: NOW });
    expect(listed.map((entry) => entry.key).sort()).toEqual(
      ["pairing/approved/c%2Fd", "pairing/request/c%2Fd", ...keys.slice(2)].sort(),
    );
    expect(await bench.store.stateGet(IDENTITY, "pairing/approved/c%2Fd", NOW)).toMatchObject({
      value: keys[0],
    });
  });

  check("keeps what stands under the new id already", async (bench) => {
    const { store, lease } = bench;
    const changes = [
      { key: "pairing/approved/old", value: "old" },
      { key: "pairing/approved/new", value: "new" },
    ];
    await store.stateBatch(lease, changes, NOW);
    await store.putChat(lease, { chat: "old", info: "old" }, NOW);
    await store.putChat(lease, { chat: "old", thread: "7", info: "topic" }, NOW);
    await store.putChat(lease, { chat: "new", info: "new" }, NOW);
    await store.alias(lease, "old", "new");
    await bench.restart();
    expect(
      (await bench.store.stateList(IDENTITY, "", { limit: 9, at: NOW })).map(({ key, value }) => [
        key,
        value,
      ]),
    ).toEqual([["pairing/approved/new", "new"]]);
    expect(await bench.store.chat(IDENTITY, "new")).toEqual({ chat: "new", info: "new" });
    expect(await bench.store.chat(IDENTITY, "new", "7")).toEqual({ chat: "new", thread: "7", info: "topic" });
    expect(await bench.store.chat(IDENTITY, "old")).toBeUndefined();
    expect(await bench.store.chat(IDENTITY, "old", "7")).toBeUndefined();
  });

  check("lets sent messages be found under the new id", async (bench) => {
    const seq = await bench.enqueue(send("hi", { chat: "old" }));
    await bench.deliver(seq, "m1");
    await bench.store.alias(bench.lease, "old", "new");
    await bench.restart();
    expect(await bench.store.operationOfMessage(IDENTITY, "new", "m1")).toBe(seq);
    const receipt = { chat: "new", message: "m1", status: "read", at: NOW } as const;
    expect(await bench.store.receipt(bench.lease, receipt)).toBe(true);
  });

  check("leaves other identities alone, and may be told twice", async (bench) => {
    const other = await bench.leaseOf("toy:2");
    const theirs = session("dm", "old", undefined, "toy:2");
    const seq = await bench.acceptOne(message("hi", { session: theirs }), NOW, other);
    await bench.store.stateBatch(other, [{ key: "pairing/approved/old", value: 1 }], NOW);
    await bench.store.putChat(other, { chat: "old", info: 1 }, NOW);
    await bench.store.putChat(bench.lease, { chat: "old", info: 1 }, NOW);
    await bench.store.alias(bench.lease, "old", "new");
    await bench.store.alias(bench.lease, "old", "new");
    await bench.store.alias(bench.lease, "new", "new");
    expect((await bench.stored(seq)).session).toBe(theirs);
    expect(await bench.store.stateGet("toy:2", "pairing/approved/old", NOW)).toBeDefined();
    expect(await bench.store.chat("toy:2", "old")).toBeDefined();
    expect(await bench.store.chat(IDENTITY, "new")).toEqual({ chat: "new", info: 1 });
  });
}
