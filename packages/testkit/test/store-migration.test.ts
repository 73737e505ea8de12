import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { InboundEvent } from "@elizaos/connector-core";
import type { Store } from "@elizaos/connector-core/store";
import { openSqliteStore } from "@elizaos/connector-core/store/sqlite";
import { expect, onTestFinished, test } from "vitest";

const NOW = Date.UTC(2026, 0, 1);
const IDENTITY = "toy:1";
const SESSION = "toy%3A1/dm/ada";
const DECISION = { fate: "silent", reason: "", rule: "dm.open" } as const;

/** What later schemas added, taken back. */
const TO_FIRST_SCHEMA = `
  DROP TABLE numbers;
  DROP INDEX events_session_begins;
  DROP INDEX events_session;
  DROP INDEX operations_session;
  ALTER TABLE events DROP COLUMN lane;
  CREATE INDEX events_session ON events (identity, session, seq);
  CREATE INDEX operations_session ON operations (identity, session, seq) WHERE session IS NOT NULL;
  PRAGMA user_version = 1;`;

function message(key: string): InboundEvent {
  return {
    kind: "message",
    keys: [key],
    sentAt: NOW,
    address: { chat: "ada", message: key },
    chat: { kind: "dm" },
    sender: { id: "ada" },
    content: { text: key },
  };
}

async function leased(store: Store) {
  const lease = await store.lease(IDENTITY, "test");
  if (lease === undefined) throw new Error("no lease was given");
  return lease;
}

test("a file of the first release keeps its history and its work, and takes shared sessions", async () => {
  const folder = mkdtempSync(join(tmpdir(), "connector-store-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "connectors.sqlite");
  const first = await openSqliteStore({ path });
  const accept = async (
    store: Store,
    lease: Awaited<ReturnType<typeof leased>>,
    key: string,
    shared = false,
  ) => {
    const placed = shared ? { session: "shared:/main", lane: SESSION } : { session: SESSION };
    const events = [{ event: message(key), ...placed }];
    await store.accept(lease, { events, at: NOW, keysUntil: NOW + 1_000 });
  };
  const before = await leased(first);
  for (const key of ["old", "open"]) await accept(first, before, key);
  await first.finish(before, { events: [1], attempt: 0, decision: DECISION, operations: [], at: NOW });
  await first.shutdown();
  const file = new DatabaseSync(path);
  file.exec(TO_FIRST_SCHEMA);
  file.close();

  const second = await openSqliteStore({ path });
  onTestFinished(() => second.shutdown());
  expect(await second.history(SESSION, { before: 9, limit: 9 })).toMatchObject([{ text: "old" }]);
  await accept(second, await leased(second), "shared", true);
  expect(
    (await second.unfinished(IDENTITY, 0, 9)).map(({ seq, session, lane }) => [seq, session, lane]),
  ).toEqual([
    [2, SESSION, undefined],
    [3, "shared:/main", SESSION],
  ]);
});
