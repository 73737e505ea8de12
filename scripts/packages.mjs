import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** The folder of every package of the workspace, relative to the root. */
export function packageFolders() {
  const folders = ["packages", "apps"].flatMap((parent) =>
    readdirSync(join(ROOT, parent)).map((name) => join(parent, name)),
  );
  return folders.filter((folder) => existsSync(join(ROOT, folder, "package.json")));
}

export function readManifest(folder) {
  return JSON.parse(readFileSync(join(ROOT, folder, "package.json"), "utf8"));
}

/** The JavaScript that a manifest names, as paths below dist without their extension: `index`, `store/sqlite/index`. */
export function entries({ bin = {}, exports = {}, imports = {} }) {
  const targets = [bin, exports, imports].flatMap(Object.values).map((target) => target.default ?? target);
  return targets.flatMap((target) => /^\.\/dist\/(.*)\.js$/.exec(target)?.[1] ?? []);
}

/** The files among `paths` and in the folders among them, in a stable order; what does not exist is left out. */
export function filesIn(paths) {
  return paths.flatMap((path) => {
    const stats = statSync(join(ROOT, path), { throwIfNoEntry: false });
    if (!stats?.isDirectory()) return stats ? [path] : [];
    const names = readdirSync(join(ROOT, path)).sort();
    return filesIn(names.map((name) => join(path, name)));
  });
}
