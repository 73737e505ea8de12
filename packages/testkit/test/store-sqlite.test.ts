import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as tick } from "node:timers/promises";
import type { Lease, NewEvent, Store } from "@elizaos/connector-core/store";
import { openSqliteStore, type SqliteStoreOptions } from "@elizaos/connector-core/store/sqlite";
import { afterEach, describe, expect, test } from "vitest";
import { storeSuite } from "../src/store-suite/index.js";

const NOW = Date.UTC(2026, 0, 1);
const IDENTITY = "toy:1";

const cleanups: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "connector-store-"));
  cleanups.push(() => rmSync(path, { recursive: true }));
  return path;
}

async function open(options: SqliteStoreOptions): Promise<Store> {
  const store = await openSqliteStore(options);
  cleanups.push(() => store.shutdown());
  return store;
}

async function lease(store: Store): Promise<Lease> {
  const given = await store.lease(IDENTITY, "test");
  if (given === undefined) throw new Error("no lease was given");
  return given;
}

function message(key: string, text = "hi"): NewEvent {
  return {
    event: {
      kind: "message",
      keys: [key],
      sentAt: NOW,
      address: { chat: "ada", message: key },
      chat: { kind: "dm" },
      sender: { id: "ada" },
      content: { text },
    },
    session: "toy%3A1/dm/ada",
  };
}

async function accept(store: Store, owner: Lease, event: NewEvent): Promise<string | undefined> {
  const [result] = await store.accept(owner, { events: [event], at: NOW, keysUntil: NOW + 1_000 });
  return result?.status;
}

async function unfinished(store: Store): Promise<number> {
  return (await store.unfinished(IDENTITY, 0, 10_000)).length;
}

storeSuite("SQLite store, shut down and opened again", async () => {
  const path = join(mkdtempSync(join(tmpdir(), "connector-store-")), "connectors.sqlite");
  let store = await openSqliteStore({ path });
  return {
    store,
    async reopen() {
      await store.shutdown();
      store = await openSqliteStore({ path });
      return store;
    },
    async dispose() {
      await store.shutdown();
      rmSync(dirname(path), { recursive: true });
    },
  };
});

/** The copy has what a process that was killed leaves behind: no connection was closed, no log was folded in. */
storeSuite(
  "SQLite store, killed and opened again",
  async () => {
    const root = mkdtempSync(join(tmpdir(), "connector-store-"));
    const opened: Store[] = [];
    let path = join(root, "0.sqlite");
    const openNext = async () => {
      const store = await openSqliteStore({ path, durability: "process" });
      opened.push(store);
      return store;
    };
    return {
      store: await openNext(),
      reopen() {
        const copy = join(root, `${opened.length}.sqlite`);
        for (const suffix of ["", "-wal"])
          if (existsSync(path + suffix)) copyFileSync(path + suffix, copy + suffix);
        path = copy;
        return openNext();
      },
      async dispose() {
        for (const store of opened) await store.shutdown();
        rmSync(root, { recursive: true });
      },
    };
  },
  { seed: 2 },
);

describe("a file that is in use", () => {
  test("is refused to a second store of the same process, and free once the first is shut down", async () => {
    const path = join(folder(), "connectors.sqlite");
    const store = await open({ path });
    await expect(openSqliteStore({ path })).rejects.toMatchObject({
      code: "store",
      problem: "held",
      retryable: false,
      message: expect.stringContaining(path),
      mend: expect.stringMatching(/./),
    });
    await store.shutdown();
    await lease(await open({ path }));
  });

  test("is refused to another process, also after this one tried twice", async () => {
    const path = join(folder(), "connectors.sqlite");
    const store = await open({ path });
    const owner = await lease(store);
    await expect(openSqliteStore({ path })).rejects.toMatchObject({ problem: "held" });
    expect(await (await startProcess(path)).answer).toEqual({ problem: "held", names: true });
    expect(await accept(store, owner, message("1"))).toBe("accepted");
  });

  test("is refused while another process has it, and free as soon as that is killed", async () => {
    const path = join(folder(), "connectors.sqlite");
    const { child, answer } = await startProcess(path);
    expect(await answer).toEqual({ opened: true });
    await expect(openSqliteStore({ path })).rejects.toMatchObject({
      problem: "held",
      message: expect.stringContaining(path),
    });
    child.kill("SIGKILL");
    await once(child, "exit");
    const store = await open({ path });
    expect(await accept(store, await lease(store), message("1"))).toBe("accepted");
  });
});

test("a locked file delays writes, not the event loop, and they are done when the lock is gone", async () => {
  const path = join(folder(), "connectors.sqlite");
  const store = await open({ path });
  const owner = await lease(store);
  await accept(store, owner, message("before"));
  const other = new DatabaseSync(path);
  cleanups.push(() => other.close());
  other.exec("BEGIN IMMEDIATE");

  let settled = false;
  const writes = Promise.all(["1", "2", "3"].map((key) => accept(store, owner, message(key)))).finally(() => {
    settled = true;
  });
  let longest = 0;
  for (let turn = 0; turn < 50; turn++) {
    const start = performance.now();
    await tick(1);
    longest = Math.max(longest, performance.now() - start);
    expect(await unfinished(store)).toBe(1);
  }
  expect(settled).toBe(false);
  expect(longest).toBeLessThan(2_000);

  other.exec("ROLLBACK");
  expect(await writes).toEqual(["accepted", "accepted", "accepted"]);
  expect(await unfinished(store)).toBe(4);
});

describe("a full disk", () => {
  test("is told as such, costs nothing that was kept, and is over with more room", async () => {
    const path = join(folder(), "connectors.sqlite");
    const text = "x".repeat(4_000);
    const small = await open({ path, maxBytes: 300_000 });
    let owner = await lease(small);
    let kept = 0;
    let failure: unknown;
    while (failure === undefined && kept < 1_000) {
      const status = await accept(small, owner, message(`${kept}`, text)).catch((error: unknown) => {
        failure = error;
      });
      if (status === "accepted") kept += 1;
    }
    expect(failure).toMatchObject({
      code: "store",
      problem: "full",
      retryable: true,
      message: expect.stringContaining(path),
    });
    expect(kept).toBeGreaterThan(10);
    // Several at once, and again: still full, still nothing lost.
    const more = await Promise.allSettled(["a", "b"].map((key) => accept(small, owner, message(key, text))));
    for (const each of more) expect(each).toMatchObject({ status: "rejected", reason: { problem: "full" } });
    expect(await unfinished(small)).toBe(kept);
    expect(statSync(path).size).toBeLessThanOrEqual(300_000);
    await small.shutdown();

    const large = await open({ path, maxBytes: 3_000_000 });
    owner = await lease(large);
    expect(await unfinished(large)).toBe(kept);
    expect(await accept(large, owner, message("0", text))).toBe("duplicate");
    expect(await accept(large, owner, message(`${kept}`, text))).toBe("accepted");
    expect(await accept(large, owner, message("a", text))).toBe("accepted");
    expect(await unfinished(large)).toBe(kept + 2);
  });

  test("refuses what is too large and still takes what fits", async () => {
    const store = await open({ path: join(folder(), "connectors.sqlite"), maxBytes: 300_000 });
    const owner = await lease(store);
    const [large, little] = await Promise.allSettled([
      accept(store, owner, message("large", "x".repeat(400_000))),
      accept(store, owner, message("little")),
    ]);
    expect(large).toMatchObject({ status: "rejected", reason: { problem: "full" } });
    // Both were in one commit: the little one is kept, or its caller is told to try again.
    if (little.status === "rejected") {
      expect(little).toMatchObject({ reason: { problem: "full", retryable: true } });
      expect(await accept(store, owner, message("little"))).toBe("accepted");
    }
    expect(await unfinished(store)).toBe(1);
  });
});

describe("a file that cannot be used", () => {
  test("because it is no database: the error names it and the mend, and it stays as it is", async () => {
    const path = join(folder(), "connectors.sqlite");
    const content = `{ "this": "is a config file" }\n`.repeat(100);
    writeFileSync(path, content);
    await expect(openSqliteStore({ path })).rejects.toMatchObject({
      code: "store",
      problem: "broken",
      retryable: false,
      message: expect.stringContaining(path),
      where: path,
      mend: expect.stringContaining("move it away"),
    });
    expect(readFileSync(path, "utf8")).toBe(content);
    // The refusal holds on to nothing.
    rmSync(path);
    await lease(await open({ path }));
  });

  test("because a newer release wrote it: the error says so", async () => {
    const path = join(folder(), "connectors.sqlite");
    const database = new DatabaseSync(path);
    database.exec("PRAGMA user_version = 999");
    database.close();
    await expect(openSqliteStore({ path })).rejects.toMatchObject({
      problem: "broken",
      message: expect.stringMatching(/newer release/),
      where: path,
    });
  });

  test("because it is a folder: the error names it", async () => {
    const path = join(folder(), "connectors.sqlite");
    mkdirSync(path);
    await expect(openSqliteStore({ path })).rejects.toMatchObject({ problem: "broken", where: path });
  });
});

test("files are for their owner only", async () => {
  const path = join(folder(), "deep", "connectors.sqlite");
  const store = await open({ path });
  await accept(store, await lease(store), message("1"));
  expect(statSync(dirname(path)).mode & 0o777).toBe(0o700);
  for (const suffix of ["", "-wal", "-shm"]) expect(statSync(path + suffix).mode & 0o777, suffix).toBe(0o600);
});

/** A process that opens the file, says what came of it and keeps the file as long as it lives. */
async function startProcess(path: string): Promise<{ child: ChildProcess; answer: Promise<unknown> }> {
  const script = `
    import { openSqliteStore } from "@elizaos/connector-core/store/sqlite";
    const path = process.argv[1];
    try {
      await openSqliteStore({ path });
      console.log(JSON.stringify({ opened: true }));
      setInterval(() => undefined, 60_000);
    } catch (error) {
      console.log(JSON.stringify({ problem: error.problem, names: error.message.includes(path) }));
    }`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script, path], {
    cwd: join(import.meta.dirname, ".."),
    stdio: ["ignore", "pipe", "inherit"],
  });
  cleanups.push(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  });
  const lines = createInterface({ input: child.stdout });
  const answer = once(lines, "line").then(([line]): unknown => JSON.parse(String(line)));
  return { child, answer };
}
