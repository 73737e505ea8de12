import { FATES, type Fate, type HistoryEntry } from "@elizaos/connector-core";
import { expect } from "vitest";
import type { Bench, Check } from "./bench.js";
import {
  decision,
  deletion,
  edit,
  message,
  NOW,
  part,
  reaction,
  SESSION,
  send,
  session,
  toDo,
} from "./fixtures.js";

export function historyChecks(check: Check): void {
  check("tells who said what, questions and answers in order of time", async (bench) => {
    const first = await bench.event(
      message("question", { message: "m1", sender: "ada", sentAt: NOW }),
      "answered",
      NOW,
    );
    await answer(bench, first, "answer", NOW + 1, "m2");
    const second = await bench.event(
      message("and?", { message: "m3", sentAt: NOW + 2 }),
      "admitted",
      NOW + 2,
    );
    await bench.restart();
    expect(await bench.store.history(SESSION, { before: second, limit: 9 })).toEqual([
      { role: "user", text: "question", sender: "ada", name: "Ada", at: NOW, message: "m1" },
      { role: "assistant", text: "answer", at: NOW + 1, message: "m2" },
    ]);
  });

  check("has messages of these fates and no others", async (bench) => {
    const remembered: readonly Fate[] = ["admitted", "answered", "silent", "context"];
    const fates = Object.keys(FATES).filter((fate): fate is Fate => fate in FATES);
    for (const fate of fates) await bench.event(message(fate), fate);
    const told = await texts(bench);
    expect([...told].sort()).toEqual([...remembered].sort());
  });

  check("goes by the time of arrival, since platforms' clocks are coarse or wrong", async (bench) => {
    const first = await bench.event(message("question", { sentAt: NOW }), "answered", NOW + 100);
    await answer(bench, first, "answer", NOW + 500, "m2");
    await bench.event(message("thanks", { sentAt: NOW }), "silent", NOW + 900);
    expect(await texts(bench)).toEqual(["question", "answer", "thanks"]);
  });

  check("puts an answer after its question when both fall into one millisecond", async (bench) => {
    const first = await bench.event(message("1"), "answered");
    await answer(bench, first, "2", NOW, "m2");
    expect(await texts(bench)).toEqual(["1", "2"]);
  });

  check("stops before the event asked about: its own answers are not its history", async (bench) => {
    const a = await bench.event(message("a"), "answered", NOW);
    await answer(bench, a, "to a", NOW + 1, "m1");
    const b = await bench.event(message("b"), "answered", NOW + 2);
    await answer(bench, b, "to b", NOW + 3, "m2");
    const c = await bench.event(message("c"), "answered", NOW + 4);
    await answer(bench, c, "to c", NOW + 5, "m3");
    expect(await texts(bench, { before: b })).toEqual(["a", "to a"]);
    expect(await texts(bench, { before: a })).toEqual([]);
  });

  check("has what the agent said by itself", async (bench) => {
    await say(bench, "good morning", NOW, "m1");
    const question = await bench.event(message("hi"), "admitted", NOW + 1);
    expect(await texts(bench, { before: question })).toEqual(["good morning"]);
  });

  check("is the newest of the session, oldest first", async (bench) => {
    for (let index = 0; index < 4; index++) {
      const seq = await bench.event(message(`q${index}`), "answered", NOW + 10 * index);
      await answer(bench, seq, `a${index}`, NOW + 10 * index + 1, `m${index}`);
    }
    expect(await texts(bench, { limit: 3 })).toEqual(["a2", "q3", "a3"]);
    expect(await texts(bench, { limit: 100 })).toHaveLength(8);
    expect(await texts(bench, { limit: 0 })).toEqual([]);
  });

  check("is of one session, whichever identities have a part in it", async (bench) => {
    await bench.event(message("here"), "answered", NOW);
    await bench.event(message("there", { session: session("group", "ada") }), "answered", NOW + 1);
    const other = await bench.leaseOf("toy:2");
    const seq = await bench.acceptOne(message("from elsewhere"), NOW + 2, other);
    const [operation = 0] = await bench.store.finish(other, {
      events: [seq],
      attempt: 0,
      decision: decision("answered"),
      operations: [send("to elsewhere", { session: SESSION, turn: seq, createdAt: NOW + 3 })],
      at: NOW + 3,
    });
    await bench.store.attempt(other, { operation, parts: [part("1")], index: 0, at: NOW + 3 });
    const sent = { operation, index: 0, state: "sent", operationState: "done", at: NOW + 3 } as const;
    await bench.store.settle(other, { ...sent, result: { message: "m1" } });
    await bench.event(message("here again"), "answered", NOW + 4);
    expect(await texts(bench)).toEqual(["here", "from elsewhere", "to elsewhere", "here again"]);
    expect(await texts(bench, { before: seq })).toEqual(["here"]);
  });

  check("has an answer as soon as one part was sent, whole, and not before", async (bench) => {
    const seq = await bench.enqueue(send("long answer", { session: SESSION }));
    const { store, lease } = bench;
    await store.attempt(lease, { operation: seq, parts: [part("long"), part("answer")], index: 0, at: NOW });
    expect(await texts(bench)).toEqual([]);
    await store.settle(lease, {
      operation: seq,
      index: 0,
      state: "sent",
      result: { message: "m1" },
      next: 1,
      at: NOW,
    });
    expect(await texts(bench)).toEqual(["long answer"]);
    const failed = {
      operation: seq,
      index: 1,
      state: "rejected",
      operationState: "failed",
      at: NOW,
    } as const;
    await store.settle(lease, { ...failed, error: "no" });
    expect(await texts(bench)).toEqual(["long answer"]);
  });

  check("has an answer that is on its way, and no longer once that has failed", async (bench) => {
    const turn = await bench.event(message("question"), "answered", NOW);
    const operation = await bench.enqueue(send("answer", { session: SESSION, turn, createdAt: NOW + 1 }));
    expect(await texts(bench)).toEqual(["question", "answer"]);
    await bench.store.attempt(bench.lease, { operation, parts: [part("answer")], index: 0, at: NOW + 2 });
    expect(await texts(bench)).toEqual(["question", "answer"]);
    await bench.store.close(bench.lease, { operation, state: "failed", reason: "no", at: NOW + 3 });
    expect(await texts(bench)).toEqual(["question"]);
  });

  check("leaves out what never reached anybody", async (bench) => {
    const refused = await bench.enqueue(send("refused", { session: SESSION }));
    await bench.store.close(bench.lease, { operation: refused, state: "failed", reason: "no", at: NOW });
    await bench.enqueue(send("waiting", { session: SESSION }));
    expect(await texts(bench)).toEqual([]);
  });

  check("has texts only: no reactions, no deletions", async (bench) => {
    await bench.event(message("hi", { message: "m1" }), "answered");
    await bench.event(reaction("m1", "👍"), "context");
    for (const operation of [
      toDo({ kind: "react", to: { chat: "ada", message: "m1" }, emoji: "👀" }, { session: SESSION }),
      toDo({ kind: "delete", to: { chat: "ada", message: "m0" } }, { session: SESSION }),
    ]) {
      await bench.deliver(await bench.enqueue(operation), "m9");
    }
    expect(await texts(bench)).toEqual(["hi"]);
  });

  check("has a message as it was last edited, where it stood", async (bench) => {
    await bench.event(message("helo", { message: "m1" }), "answered", NOW);
    await bench.event(message("more", { message: "m2" }), "answered", NOW + 1);
    await bench.event(edit("m1", "hallo"), "context", NOW + 2);
    const last = await bench.event(edit("m1", "hello"), "context", NOW + 3);
    await bench.event(edit("m2", "secret"), "ignored", NOW + 4);
    expect(await texts(bench)).toEqual(["hello", "more"]);
    expect(await texts(bench, { before: last })).toEqual(["hallo", "more"]);
  });

  check("has an edit of a message that it does not know as a message", async (bench) => {
    await bench.event(message("not for the agent", { message: "m1" }), "ignored", NOW);
    await bench.event(edit("m1", "for the agent"), "answered", NOW + 1);
    await bench.event(edit("m1", "for the agent!"), "context", NOW + 2);
    expect(await texts(bench)).toEqual(["for the agent!"]);
  });

  check("has no messages that were deleted", async (bench) => {
    await bench.event(message("one", { message: "m1" }), "answered", NOW);
    await bench.event(message("two", { message: "m2" }), "answered", NOW + 1);
    await bench.event(message("three", { message: "m3" }), "answered", NOW + 2);
    await bench.event(edit("m1", "one!"), "context", NOW + 3);
    await bench.event(deletion(["m1", "m3"]), "context", NOW + 4);
    expect(await texts(bench)).toEqual(["two"]);
  });

  check("counts lines, not what was done to them", async (bench) => {
    await bench.event(message("one", { message: "m1" }), "answered", NOW);
    await bench.event(message("two", { message: "m2" }), "answered", NOW + 1);
    await bench.event(message("three", { message: "m3" }), "answered", NOW + 2);
    for (let index = 0; index < 20; index++) {
      await bench.event(edit("m1", `one, ${index}`), "context", NOW + 3 + index);
      await bench.event(reaction("m3", "👍"), "context", NOW + 3 + index);
    }
    await bench.event(message("gone", { message: "m4" }), "answered", NOW + 90);
    await bench.event(deletion(["m4"]), "context", NOW + 91);
    await bench.event(edit("m1", "one at last"), "context", NOW + 92);
    for (let index = 0; index < 5; index++) {
      const operation = toDo(
        { kind: "react", to: { chat: "ada", message: "m3" }, emoji: "👀" },
        { session: SESSION, createdAt: NOW + 93 },
      );
      await bench.deliver(await bench.enqueue(operation), "m3");
    }
    expect(await texts(bench, { limit: 2 })).toEqual(["two", "three"]);
    expect(await texts(bench, { limit: 3 })).toEqual(["one at last", "two", "three"]);
  });
}

async function answer(bench: Bench, turn: number, text: string, at: number, id: string): Promise<void> {
  await bench.deliver(await bench.enqueue(send(text, { session: SESSION, turn, createdAt: at })), id, at);
}

async function say(bench: Bench, text: string, at: number, id: string): Promise<void> {
  await bench.deliver(await bench.enqueue(send(text, { session: SESSION, createdAt: at })), id, at);
}

async function texts(
  bench: Bench,
  options: { readonly before?: number; readonly limit?: number } = {},
): Promise<string[]> {
  const { before = Number.MAX_SAFE_INTEGER, limit = 9 } = options;
  const entries: readonly HistoryEntry[] = await bench.store.history(SESSION, { before, limit });
  return entries.map((entry) => entry.text);
}
