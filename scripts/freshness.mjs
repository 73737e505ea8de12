import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { filesIn, packageFolders, ROOT } from "./packages.mjs";

const ROOT_INPUTS = [
  "package.json",
  "pnpm-lock.yaml",
  "pnpm-workspace.yaml",
  "scripts/build.mjs",
  "scripts/packages.mjs",
  "tsconfig.base.json",
  "turbo.json",
];
const PACKAGE_INPUTS = ["package.json", "tsconfig.json", "src"];

/** A digest of all that an install and a build read. */
export function digestInputs() {
  return digest([...ROOT_INPUTS, ...inEachPackage(PACKAGE_INPUTS)]);
}

/** A digest of what a build left, which others may have changed since. */
export function digestOutputs() {
  return digest(inEachPackage(["dist"]));
}

function inEachPackage(names) {
  return packageFolders().flatMap((folder) => names.map((name) => join(folder, name)));
}

/** By content: a checkout changes every time stamp, and a revert restores none. */
function digest(paths) {
  const hash = createHash("sha256");
  for (const file of filesIn(paths)) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(ROOT, file)))
      .update("\0");
  }
  return hash.digest("hex");
}
