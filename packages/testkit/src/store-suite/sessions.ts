import { expect } from "vitest";
import type { Bench, Check } from "./bench.js";
import { DAY, decision, IDENTITY, message, NOW, SESSION, send, session } from "./fixtures.js";

const LATEST = Number.MAX_SAFE_INTEGER;
const SHARED = "shared:/person/ada";

/** Sessions that begin anew, and sessions that chats of several identities share. */
export function sessionChecks(check: Check): void {
  check("begin after the newest event that asked for it", async (bench) => {
    await exchange(bench, "one", NOW);
    const first = await command(bench, "new", NOW + 10);
    await exchange(bench, "two", NOW + 20);
    await command(bench, "new", NOW + 30);
    const last = await exchange(bench, "three", NOW + 40);
    await bench.restart();
    expect(await texts(bench)).toEqual(["three", "to three"]);
    expect(await texts(bench, { limit: 1 })).toEqual(["to three"]);
    expect(await texts(bench, { before: last })).toEqual([]);
    // An event is told what was so when it came.
    expect(await texts(bench, { before: first })).toEqual(["one", "to one"]);
  });

  check("that began anew leave others alone", async (bench) => {
    const group = session("group", "ada");
    await exchange(bench, "here", NOW);
    await exchange(bench, "there", NOW, group);
    await command(bench, "new", NOW + 10);
    expect(await texts(bench)).toEqual([]);
    expect(await texts(bench, { of: group })).toEqual(["there", "to there"]);
  });

  check(
    "leave out an answer that came after the new beginning to what was asked before it",
    async (bench) => {
      const asked = await bench.event(message("slow"), "admitted", NOW);
      await command(bench, "new", NOW + 10);
      const operation = send("late", { session: SESSION, turn: asked, createdAt: NOW + 20 });
      await bench.deliver(await bench.enqueue(operation), "m1", NOW + 20);
      await bench.finish([asked], 1, "answered", [], NOW + 20);
      await say(bench, "by itself, before", NOW + 5);
      await say(bench, "by itself, after", NOW + 30);
      expect(await texts(bench)).toEqual(["by itself, after"]);
    },
  );

  check("do not hold commands, and do not count them", async (bench) => {
    await exchange(bench, "one", NOW);
    for (let index = 0; index < 9; index++) await command(bench, "help", NOW + 10 + index);
    await exchange(bench, "two", NOW + 20);
    expect(await texts(bench, { limit: 4 })).toEqual(["one", "to one", "two", "to two"]);
  });

  check("say how far they go back", async (bench) => {
    const { store } = bench;
    const since = (before = LATEST) => store.sessionSince(SESSION, { before });
    expect(await since()).toBeUndefined();
    await bench.event(message("not for the agent"), "ignored", NOW);
    await command(bench, "help", NOW + 1);
    expect(await since()).toBeUndefined();
    const first = await bench.event(message("one"), "answered", NOW + 2);
    await bench.event(message("two"), "context", NOW + 3);
    expect(await since()).toBe(NOW + 2);
    expect(await since(first)).toBeUndefined();
    await command(bench, "new", NOW + 10);
    expect(await since()).toBeUndefined();
    await bench.event(message("three"), "answered", NOW + 20);
    expect(await since()).toBe(NOW + 20);
  });

  check("that began anew stay so while anything from before is kept", async (bench) => {
    const old = await bench.event(message("old"), "answered", NOW);
    const failed = await bench.enqueue(send("undelivered", { session: SESSION, turn: old }));
    await bench.store.close(bench.lease, { operation: failed, state: "failed", reason: "no", at: NOW });
    const begins = await command(bench, "new", NOW + 10);
    await pruneAll(bench);
    expect((await bench.store.events([old, begins])).map(({ seq }) => seq)).toEqual([old, begins]);
    expect(await texts(bench)).toEqual([]);
    const verdict = { id: `operation:${failed}`, verdict: "drop", at: NOW, expiresAt: 0 } as const;
    await bench.store.settleDeadLetter(bench.lease, verdict);
    await pruneAll(bench);
    expect(await bench.store.events([old, begins])).toEqual([]);
  });

  check("that are shared keep a lane for each chat, over a restart", async (bench) => {
    const lanes = [session("dm", "ada"), session("dm", "ada", "7")];
    const seqs = await bench.accept(lanes.map((lane) => message("hi", { session: SHARED, lane })));
    await bench.acceptOne(message("alone"));
    await bench.restart();
    const heads = await bench.store.unfinished(IDENTITY, 0, 9);
    expect(heads.map((head) => [head.session, head.lane])).toEqual([
      ...lanes.map((lane) => [SHARED, lane]),
      [SESSION, undefined],
    ]);
    expect((await bench.store.events(seqs)).map((event) => event.lane)).toEqual(lanes);
  });

  check(
    "that are shared keep the names that the owner gave; senders and lanes are renamed",
    async (bench) => {
      const shared = ["shared:/main", "shared:/person/old", "shared:/toy/person/old", "shared:/toy/dm/old"];
      const lane = session("dm", "old");
      const seqs = await bench.accept(shared.map((name) => message("hi", { session: name, lane })));
      const other = await bench.leaseOf("toy:2");
      const theirs = await bench.acceptOne(message("hi", { session: "shared:/toy/dm/old" }), NOW, other);
      await bench.store.alias(bench.lease, "old", "new");
      await bench.store.alias(bench.lease, "main", "new");
      await bench.restart();
      const events = await bench.store.events(seqs);
      expect(events.map((event) => event.session)).toEqual([...shared.slice(0, 3), "shared:/toy/dm/new"]);
      expect(events.map((event) => event.lane)).toEqual(events.map(() => session("dm", "new")));
      // The other account has not been told; its part follows when it is.
      expect((await bench.stored(theirs)).session).toBe("shared:/toy/dm/old");
    },
  );

  check("list their own latest events", async (bench) => {
    const here = await bench.event(message("a"), "ignored");
    await bench.event(message("b", { session: session("group", "x") }), "answered");
    const other = await bench.leaseOf("toy:2");
    const theirs = await bench.acceptOne(message("c"), NOW, other);
    const again = await bench.event(message("d"), "context");
    const recent = async (options: Parameters<typeof bench.store.recentEvents>[0]) =>
      (await bench.store.recentEvents(options)).map((event) => event.seq);
    expect(await recent({ session: SESSION, limit: 9 })).toEqual([again, theirs, here]);
    expect(await recent({ session: SESSION, identity: IDENTITY, limit: 9 })).toEqual([again, here]);
    expect(await recent({ session: SESSION, identity: IDENTITY, before: again, limit: 1 })).toEqual([here]);
    expect(await recent({ session: "nowhere", limit: 9 })).toEqual([]);
  });
}

async function exchange(bench: Bench, text: string, at: number, of = SESSION): Promise<number> {
  const seq = await bench.event(message(text, { session: of }), "answered", at);
  const answer = send(`to ${text}`, { session: of, turn: seq, createdAt: at + 1 });
  await bench.deliver(await bench.enqueue(answer), `to-${seq}`, at + 1);
  return seq;
}

/** An event that the runtime answered by itself. */
async function command(bench: Bench, name: string, at: number): Promise<number> {
  const seq = await bench.acceptOne(message(`/${name}`), at);
  await bench.finish([seq], 0, { ...decision("answered"), rule: `command.${name}` }, [], at);
  return seq;
}

async function say(bench: Bench, text: string, at: number): Promise<void> {
  await bench.deliver(await bench.enqueue(send(text, { session: SESSION, createdAt: at })), text, at);
}

async function texts(
  bench: Bench,
  options: { readonly of?: string; readonly before?: number; readonly limit?: number } = {},
): Promise<readonly string[]> {
  const { of = SESSION, before = LATEST, limit = 9 } = options;
  return (await bench.store.history(of, { before, limit })).map((entry) => entry.text);
}

async function pruneAll(bench: Bench): Promise<void> {
  for (let removed = 1; removed > 0; ) {
    removed = await bench.store.prune({ at: NOW + 2 * DAY, finishedBefore: NOW + DAY, limit: 3 });
  }
}
