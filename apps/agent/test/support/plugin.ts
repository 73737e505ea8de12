import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Installs the fixture `plugin-signal`, which never gets online, into a folder's `node_modules`. */
export function installPluginSignal(folder: string): void {
  const target = join(folder, "node_modules/@elizaos/plugin-signal");
  const fixture = (name: string) =>
    JSON.stringify(fileURLToPath(new URL(`../fixtures/plugin-signal/${name}`, import.meta.url)));
  const exports = { ".": "./index.js", "./manifest": "./manifest.js" };
  mkdirSync(target, { recursive: true });
  writeFileSync(join(target, "package.json"), JSON.stringify({ type: "module", exports }));
  writeFileSync(join(target, "index.js"), `export * from ${fixture("index.mjs")};`);
  writeFileSync(join(target, "manifest.js"), `export * from ${fixture("manifest.mjs")};`);
}
