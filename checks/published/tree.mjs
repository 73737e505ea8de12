import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** The packages that are really there below a folder, whichever way npm or pnpm put them, each once. */
export function installed(folder) {
  const found = new Map();
  for (const modules of nodeModulesIn(folder)) {
    for (const path of packagesIn(modules)) {
      const {
        name,
        version,
        dependencies = {},
      } = JSON.parse(readFileSync(join(path, "package.json"), "utf8"));
      found.set(`${name}@${version}`, { name, version, dependencies: Object.keys(dependencies) });
    }
  }
  return [...found.values()];
}

/** Bytes of all files below a folder. */
export function bytesIn(folder) {
  return files(folder).reduce((sum, path) => sum + statSync(path).size, 0);
}

function* nodeModulesIn(folder) {
  for (const entry of folders(folder)) {
    const path = join(folder, entry);
    if (entry === "node_modules") yield path;
    yield* nodeModulesIn(path);
  }
}

function packagesIn(modules) {
  return folders(modules)
    .filter((name) => !name.startsWith("."))
    .flatMap((name) =>
      name.startsWith("@") ? folders(join(modules, name)).map((rest) => join(name, rest)) : [name],
    )
    .map((name) => join(modules, name))
    .filter((path) => existsSync(join(path, "package.json")));
}

/** Without links, which lead to what is found where it really is. */
function folders(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
}

function files(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
