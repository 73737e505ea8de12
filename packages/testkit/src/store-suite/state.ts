import type { StateChange } from "@elizaos/connector-core";
import { expect } from "vitest";
import type { Bench, Check } from "./bench.js";
import { DAY, IDENTITY, NOW, notJson } from "./fixtures.js";

export function stateChecks(check: Check): void {
  check("keep values and count their versions from 1", async (bench) => {
    for (const value of [null, false, 0, "", [1, { deep: ["ה", "😀"] }]]) {
      await put(bench, { key: "value", value });
      expect((await get(bench, "value"))?.value).toEqual(value);
    }
    await bench.restart();
    expect(await get(bench, "value")).toEqual({
      key: "value",
      value: [1, { deep: ["ה", "😀"] }],
      version: 5,
    });
    await put(bench, { key: "value", value: undefined });
    expect(await get(bench, "value")).toBeUndefined();
    await put(bench, { key: "value", value: undefined });
    await put(bench, { key: "value", value: 1 });
    expect(await get(bench, "value")).toMatchObject({ version: 1 });
  });

  check("change only at the version asked for", async (bench) => {
    expect(await put(bench, { key: "a", value: 1, ifVersion: 1 })).toBe(false);
    expect(await put(bench, { key: "a", value: 1, ifVersion: 0 })).toBe(true);
    expect(await put(bench, { key: "a", value: 2, ifVersion: 0 })).toBe(false);
    expect(await put(bench, { key: "a", value: 2, ifVersion: 1 })).toBe(true);
    expect(await put(bench, { key: "a", value: undefined, ifVersion: 1 })).toBe(false);
    expect(await get(bench, "a")).toEqual({ key: "a", value: 2, version: 2 });
    expect(await put(bench, { key: "a", value: undefined, ifVersion: 2 })).toBe(true);
    expect(await put(bench, { key: "a", value: undefined, ifVersion: 0 })).toBe(true);
    expect(await get(bench, "a")).toBeUndefined();
  });

  check(
    "change in the order of the batch: taken out and put in again, a value begins anew",
    async (bench) => {
      await put(bench, { key: "a", value: 1 });
      await put(bench, { key: "a", value: 2 });
      await put(bench, { key: "a", value: undefined }, { key: "a", value: 3 });
      expect(await get(bench, "a")).toEqual({ key: "a", value: 3, version: 1 });
    },
  );

  check("change all or nothing", async (bench) => {
    await put(bench, { key: "a", value: 1 }, { key: "b", value: 1 });
    const changed = await put(
      bench,
      { key: "a", value: 2 },
      { key: "b", value: undefined },
      { key: "c", value: 2 },
      { key: "d", value: 2, ifVersion: 7 },
    );
    expect(changed).toBe(false);
    const bad: StateChange = { key: "c", value: notJson() };
    await expect(put(bench, { key: "a", value: 2 }, bad)).rejects.toThrow();
    await bench.restart();
    expect(await list(bench, "")).toEqual(["a", "b"]);
    expect(await get(bench, "a")).toEqual({ key: "a", value: 1, version: 1 });
  });

  check("are gone at their time", async (bench) => {
    await put(bench, { key: "code/1", value: 1, expiresAt: NOW + 10 }, { key: "code/2", value: 2 });
    expect(await get(bench, "code/1", NOW + 9)).toEqual({ key: "code/1", value: 1, version: 1 });
    expect(await get(bench, "code/1", NOW + 10)).toBeUndefined();
    expect(await list(bench, "code/", NOW + 9)).toEqual(["code/1", "code/2"]);
    expect(await list(bench, "code/", NOW + 10)).toEqual(["code/2"]);
    const again: StateChange = { key: "code/1", value: 3, ifVersion: 0 };
    expect(await bench.store.stateBatch(bench.lease, [again], NOW + 9)).toBe(false);
    expect(await bench.store.stateBatch(bench.lease, [again], NOW + 10)).toBe(true);
    // Without an expiry of its own the new value stays.
    expect(await get(bench, "code/1", NOW + DAY)).toEqual({ key: "code/1", value: 3, version: 1 });
  });

  check("that an expired limit hides do not shorten a page", async (bench) => {
    await put(
      bench,
      { key: "a", value: 1, expiresAt: NOW },
      { key: "b", value: 1, expiresAt: NOW },
      { key: "c", value: 1 },
    );
    expect(
      (await bench.store.stateList(IDENTITY, "", { limit: 1, at: NOW })).map((entry) => entry.key),
    ).toEqual(["c"]);
  });

  check("are listed by prefix, taken by the letter", async (bench) => {
    const keys = ["p/1", "p/2", "p/😀", "p/\uffff", "P/3", "p", "p%1", "p_1", "px1", "[p]/1", "q/1"];
    await put(bench, ...keys.map((key) => ({ key, value: key })));
    await bench.store.stateBatch(await bench.leaseOf("toy:2"), [{ key: "p/foreign", value: 1 }], NOW);
    expect([...(await list(bench, "p/"))].sort()).toEqual(["p/1", "p/2", "p/\uffff", "p/😀"].sort());
    expect(await list(bench, "p%")).toEqual(["p%1"]);
    expect(await list(bench, "p_")).toEqual(["p_1"]);
    expect(await list(bench, "[p]")).toEqual(["[p]/1"]);
    expect(await list(bench, "p/😀")).toEqual(["p/😀"]);
    expect(await list(bench, "none")).toEqual([]);
    expect(await list(bench, "")).toHaveLength(keys.length);
  });

  check("are listed in order of their keys, page by page", async (bench) => {
    const keys = ["k/b", "k/a", "k/C", "k/10", "k/2", "k/a/x"];
    await put(bench, ...keys.map((key) => ({ key, value: 0 })));
    const listed: string[] = [];
    for (let after: string | undefined; ; ) {
      const page = await bench.store.stateList(IDENTITY, "k/", {
        limit: 2,
        at: NOW,
        ...(after === undefined ? {} : { after }),
      });
      if (page.length === 0) break;
      expect(page.length).toBeLessThanOrEqual(2);
      listed.push(...page.map((entry) => entry.key));
      after = listed.at(-1);
    }
    expect(listed).toEqual(["k/10", "k/2", "k/C", "k/a", "k/a/x", "k/b"]);
  });

  check("of one identity are not another's", async (bench) => {
    const other = await bench.leaseOf("toy:2");
    await put(bench, { key: "a", value: "ours" });
    await bench.store.stateBatch(other, [{ key: "a", value: "theirs", ifVersion: 0 }], NOW);
    await bench.store.putChat(other, { chat: "ada", info: "theirs" }, NOW);
    expect(await get(bench, "a")).toMatchObject({ value: "ours" });
    expect(await bench.store.chat(IDENTITY, "ada")).toBeUndefined();
    expect(await bench.store.stateGet("toy:nobody", "a", NOW)).toBeUndefined();
  });

  check("are copies: what a caller does with its own later is not seen", async (bench) => {
    const value = { count: 1 };
    await put(bench, { key: "a", value });
    value.count = 2;
    Object.assign((await get(bench, "a")) ?? {}, { value: { count: 3 } });
    expect(await get(bench, "a")).toMatchObject({ value: { count: 1 } });
  });

  check("know chats and their threads, each by its newest record", async (bench) => {
    const { store, lease } = bench;
    await store.putChat(lease, { chat: "c", info: { title: "old" } }, NOW);
    await store.putChat(lease, { chat: "c", thread: "7", info: { title: "topic" } }, NOW + 1);
    await store.putChat(lease, { chat: "c", info: { title: "new" } }, NOW + 2);
    await bench.restart();
    expect(await bench.store.chat(IDENTITY, "c")).toEqual({ chat: "c", info: { title: "new" } });
    expect(await bench.store.chat(IDENTITY, "c", "7")).toEqual({
      chat: "c",
      thread: "7",
      info: { title: "topic" },
    });
    expect(await bench.store.chat(IDENTITY, "c", "8")).toBeUndefined();
    expect(await bench.store.chat(IDENTITY, "7")).toBeUndefined();
  });
}

function put(bench: Bench, ...changes: readonly StateChange[]): Promise<boolean> {
  return bench.store.stateBatch(bench.lease, changes, NOW);
}

function get(bench: Bench, key: string, at = NOW) {
  return bench.store.stateGet(IDENTITY, key, at);
}

async function list(bench: Bench, prefix: string, at = NOW): Promise<string[]> {
  return (await bench.store.stateList(IDENTITY, prefix, { limit: 100, at })).map((entry) => entry.key);
}
