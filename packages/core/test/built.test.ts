// What is published: bundled, with several entrances.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as core from "@elizaos/connector-core";
import { openSqliteStore } from "@elizaos/connector-core/store/sqlite";
import { expect, onTestFinished, test } from "vitest";

test("an error of a store is one of core's, whichever entrance it came by", async () => {
  const folder = mkdtempSync(join(tmpdir(), "connector-built-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "connectors.sqlite");
  writeFileSync(path, "no database ".repeat(100));
  await expect(openSqliteStore({ path })).rejects.toBeInstanceOf(core.StoreError);
  await expect(openSqliteStore({ path })).rejects.toBeInstanceOf(core.ConnectorError);
});

test("error classes have the names that they are exported by", () => {
  const classes = Object.entries(core).filter(
    ([, value]) => typeof value === "function" && value.prototype instanceof Error,
  );
  expect(classes.length).toBeGreaterThan(10);
  for (const [name, value] of classes) expect(value).toHaveProperty("name", name);
});
