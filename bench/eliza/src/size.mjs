import { lstatSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** What installing a package adds to an agent that has @elizaos/core and zod already: packages, and MB of their files. */
export function installed(folder) {
  const found = new Map();
  walk(realpathSync(folder), found);
  const bytes = [...found.values()].reduce((sum, size) => sum + size, 0);
  return { packages: found.size, mb: bytes / 1e6 };
}

const THERE_ALREADY = ["@elizaos/core", "zod"];

function walk(folder, found) {
  if (found.has(folder)) return;
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  found.set(folder, sizeOf(folder, published(folder, manifest)));
  for (const name of Object.keys(manifest.dependencies ?? {})) {
    if (THERE_ALREADY.includes(name)) continue;
    const at = resolveFolder(folder, name);
    if (at !== undefined) walk(at, found);
  }
}

/** Packages of this workspace have more in their folders than is published. */
function published(folder, { files }) {
  const isLinked = !folder.includes("node_modules");
  return isLinked && files ? [...files, "package.json"] : undefined;
}

function resolveFolder(folder, name) {
  for (const place of createRequire(join(folder, "package.json")).resolve.paths(name) ?? []) {
    try {
      return realpathSync(join(place, name));
    } catch {
      // In the next one.
    }
  }
  return undefined;
}

function sizeOf(folder, only) {
  let bytes = 0;
  for (const name of readdirSync(folder)) {
    if (name === "node_modules" || (only && !only.includes(name))) continue;
    const path = join(folder, name);
    const stats = lstatSync(path);
    bytes += stats.isDirectory() ? sizeOf(path) : stats.size;
  }
  return bytes;
}

/** The folder of a dependency of this package. */
export function folderOf(name) {
  return join(dirname(new URL(import.meta.url).pathname), "../node_modules", name);
}
