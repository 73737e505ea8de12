import { expect } from "vitest";
import { type Bench, type Check, first, refused } from "./bench.js";
import { DAY, IDENTITY, message, NOW, send } from "./fixtures.js";
import { pieces, shuffled } from "./random.js";

const EVENTS = 60;
const CALLERS = 4;

export function concurrencyChecks(check: Check): void {
  for (let round = 0; round < 5; round++) {
    check(`store every event once, whoever brings it, round ${round + 1}`, async (bench) => {
      for (let skipped = 0; skipped < round; skipped++) bench.random();
      const results = await Promise.all(
        Array.from({ length: CALLERS }, (_, caller) => bringAll(bench, `${caller}`)),
      );
      const accepted = results.flat();
      expect(accepted).toHaveLength(EVENTS);
      await bench.restart();
      expect(await bench.unfinished()).toEqual([...accepted].sort((a, b) => a - b));
      const objects = (await bench.store.events(accepted)).map((event) => event.event.keys[0]);
      expect(new Set(objects)).toEqual(
        new Set(Array.from({ length: EVENTS }, (_, index) => `object:${index}`)),
      );
      expect(await bench.store.counts(IDENTITY)).toMatchObject({ accepted: EVENTS });
    });
  }

  check("count with versions without losing one", async (bench) => {
    const add = async () => {
      for (let tries = 0; tries < 200; tries++) {
        const entry = await bench.store.stateGet(IDENTITY, "counter", NOW);
        const change = {
          key: "counter",
          value: Number(entry?.value ?? 0) + 1,
          ifVersion: entry?.version ?? 0,
        };
        if (await bench.store.stateBatch(bench.lease, [change], NOW)) return;
      }
      throw new Error("never got its turn");
    };
    await Promise.all(
      Array.from({ length: 6 }, async () => {
        for (let count = 0; count < 5; count++) await add();
      }),
    );
    expect(await bench.store.stateGet(IDENTITY, "counter", NOW)).toEqual({
      key: "counter",
      value: 30,
      version: 30,
    });
  });

  check("end a turn once", async (bench) => {
    const seq = await bench.acceptOne(message("hi"));
    const attempt = await bench.begin([seq]);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 5 }, (_, index) => bench.finish([seq], attempt, "answered", [send(`${index}`)])),
    );
    expect(outcomes.filter((outcome) => outcome.status === "fulfilled")).toHaveLength(1);
    expect(await bench.open()).toHaveLength(1);
  });

  check("get attempts of their own", async (bench) => {
    const seq = await bench.acceptOne(message("hi"));
    const attempts = await Promise.all(Array.from({ length: 5 }, () => bench.begin([seq])));
    expect([...attempts].sort()).toEqual([1, 2, 3, 4, 5]);
  });

  check("get one lease between them", async (bench) => {
    const offers = await Promise.all(["a", "b", "c", "d"].map((owner) => bench.store.lease("toy:2", owner)));
    const given = offers.filter((lease) => lease !== undefined);
    expect(given).toHaveLength(1);
    await bench.acceptOne(message("hi"), NOW, first(given));
    expect(await bench.unfinished("toy:2")).toHaveLength(1);
  });

  check("do not suffer from one another's failures", async (bench) => {
    const [done = 0, open = 0] = await bench.accept([message("done"), message("open")]);
    await bench.finish([done], 0, "ignored");
    const fail = () => refused(bench.finish([done], 0, "answered", [send("never")]), "stale");
    // The first lease of an identity, asked for twice, in one breath with calls that fail.
    const [one, two, , seqs, , changed] = await Promise.all([
      bench.store.lease("toy:2", "one"),
      bench.store.lease("toy:2", "two"),
      fail(),
      bench.accept([message("a"), message("b")]),
      fail(),
      bench.store.stateBatch(bench.lease, [{ key: "k", value: 1 }], NOW),
      bench.begin([open]),
    ]);
    expect(changed).toBe(true);
    expect(await bench.unfinished()).toEqual([open, ...seqs].sort((a, b) => a - b));
    expect((await bench.stored(open)).attempts).toBe(1);
    expect((await bench.stored(done)).decision.fate).toBe("ignored");
    expect(await bench.open()).toEqual([]);
    const given = one ?? two;
    if (given === undefined) throw new Error("neither of the two owners got the lease");
    expect(given.epoch).toBeGreaterThan(0);
    await bench.acceptOne(message("c"), NOW, given);
    expect(await bench.store.events(await bench.unfinished("toy:2"))).toMatchObject([{ identity: "toy:2" }]);
    expect(await bench.store.identities()).toContain("toy:2");
  });
}

/** One caller brings all events in an order of its own, in batches, under its own delivery keys, some of them twice. */
async function bringAll(bench: Bench, caller: string): Promise<number[]> {
  const objects = Array.from({ length: EVENTS }, (_, index) => index);
  const again = objects.filter(() => bench.random() < 0.2);
  const batches = pieces(shuffled([...objects, ...again], bench.random), 7, bench.random);
  const bring = async (batch: readonly number[]) => {
    const events = batch.map((index) =>
      message(`${index}`, { keys: [`object:${index}`, `delivery:${caller}:${index}`] }),
    );
    const cursor = { name: "updates", value: batch.length };
    const results = await bench.store.accept(bench.lease, { events, cursor, at: NOW, keysUntil: NOW + DAY });
    expect(results).toHaveLength(batch.length);
    return results.flatMap((result) => (result.status === "accepted" ? [result.seq] : []));
  };
  return (await Promise.all(batches.map(bring))).flat();
}
