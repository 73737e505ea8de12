import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RecentMap } from "../src/recent-map.js";

const MAX = 8;
const touches = fc.array(fc.record({ key: fc.nat(20), isRead: fc.boolean() }), { maxLength: 200 });

describe("a map of what was used lately", () => {
  it("never holds more than its bound, and always what is among the newest half of that", () => {
    fc.assert(
      fc.property(touches, (all) => {
        const map = new RecentMap<number, number>(MAX);
        let used: number[] = [];
        for (const [at, { key, isRead }] of all.entries()) {
          if (isRead && map.get(key) === undefined) continue;
          if (!isRead) map.set(key, at);
          used = [key, ...used.filter((each) => each !== key)];
          expect(map.size).toBeLessThanOrEqual(MAX);
          expect(used.slice(0, MAX / 2).every((each) => map.has(each))).toBe(true);
        }
      }),
    );
  });

  it("gives the value that was set last", () => {
    fc.assert(
      fc.property(touches, (all) => {
        const map = new RecentMap<number, number>(MAX);
        const last = new Map<number, number>();
        for (const [at, { key }] of all.entries()) {
          map.set(key, at);
          last.set(key, at);
        }
        for (const key of last.keys()) expect([undefined, last.get(key)]).toContain(map.get(key));
      }),
    );
  });

  it("forgets what is deleted, wherever it stands", () => {
    const map = new RecentMap<number, string>(4);
    for (const key of [1, 2, 3]) map.set(key, "here");
    for (const key of [1, 3]) map.delete(key);
    expect([1, 2, 3].map((key) => map.get(key))).toEqual([undefined, "here", undefined]);
    map.clear();
    expect(map.values()).toEqual([]);
  });
});
