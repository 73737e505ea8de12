import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { z } from "zod";
import { Workspace } from "./support/cli.js";
import { telegramConfig, telegramWithBot } from "./support/telegram.js";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const NOTE_LOADED = new URL("fixtures/note-loaded.mjs", import.meta.url).href;

test("a host with one Telegram account loads nothing that it has no use for", async () => {
  const sim = await telegramWithBot();
  const workspace = new Workspace();
  workspace.file("milady.json", telegramConfig(sim));
  const note = join(workspace.path, "loaded.txt");
  const host = workspace.run(["start"], { env: { NODE_OPTIONS: `--import=${NOTE_LOADED}`, LOADED: note } });
  await host.says(/connected/);

  const files = readFileSync(note, "utf8")
    .split("\n")
    .flatMap((url) => (url.startsWith("file:") ? [fileURLToPath(url)] : []));
  expect(among(ourLibraries(), files.flatMap(libraryOf))).toEqual([
    "@hono/node-server",
    "commander",
    "fast-string-width",
    "grammy",
    "hono",
    "json5",
    "pino",
    "zod",
  ]);
  // A bundler may put a module that can wait beside one that cannot.
  expect(among(importedLater(), files.flatMap(sourcesOf))).toEqual([
    "apps/agent/src/commands/start.ts",
    "apps/agent/src/program.ts",
    "packages/core/src/store/sqlite/index.ts",
  ]);
});

function among(wanted: ReadonlySet<string>, loaded: readonly string[]): readonly string[] {
  return [...new Set(loaded)].filter((name) => wanted.has(name)).sort();
}

/** The library that a file belongs to. */
function libraryOf(path: string): readonly string[] {
  const name = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1];
  return name === undefined ? [] : [name];
}

/** Every library that a package of ours depends on. */
function ourLibraries(): ReadonlySet<string> {
  const manifest = z.object({ dependencies: z.record(z.string(), z.string()) });
  return new Set(
    packages().flatMap((folder) => {
      const { dependencies } = manifest.parse(JSON.parse(readFileSync(join(folder, "package.json"), "utf8")));
      return Object.keys(dependencies);
    }),
  );
}

/** What a file of ours was made of, as paths below the root; nothing for a library's, nor for the bundler's own. */
function sourcesOf(path: string): readonly string[] {
  const map = `${path}.map`;
  if (libraryOf(path).length > 0 || !existsSync(map)) return [];
  const { sources } = z.object({ sources: z.array(z.string()) }).parse(JSON.parse(readFileSync(map, "utf8")));
  return sources.map((source) => relative(ROOT, join(dirname(path), source)));
}

/** Every source of ours that others import with `import()`. */
function importedLater(): ReadonlySet<string> {
  const sources = packages().flatMap((folder) =>
    readdirSync(join(folder, "src"), { encoding: "utf8", recursive: true })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => join(folder, "src", name)),
  );
  return new Set(
    sources.flatMap((source) =>
      [...readFileSync(source, "utf8").matchAll(/\bimport\("(\..*)\.js"\)/g)].map(([, path = ""]) =>
        relative(ROOT, join(dirname(source), `${path}.ts`)),
      ),
    ),
  );
}

function packages(): readonly string[] {
  return ["apps", "packages"].flatMap((parent) =>
    readdirSync(join(ROOT, parent)).map((name) => join(ROOT, parent, name)),
  );
}
