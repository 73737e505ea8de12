// Packs every published package, into .ci/out/packages, and examines the tarballs. Needs a build.
import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { basename, join } from "node:path";
import { packageFolders, ROOT, readManifest } from "../scripts/packages.mjs";
import { installTools, pnpm, tool } from "../scripts/workspace.mjs";

const OUT = join(ROOT, ".ci/out/packages");
const QUIET = { quiet: true };

rmSync(OUT, { recursive: true, force: true });
let failures = await installTools();
for (const folder of packageFolders().filter((folder) => !readManifest(folder).private)) {
  const problems = await examine(folder);
  failures += problems.length;
  console.log(`${folder}: ${problems.length === 0 ? "ok" : problems.join("; ")}`);
}
process.exitCode = failures === 0 ? 0 : 1;

async function examine(folder) {
  const tarball = join(OUT, `${basename(folder)}.tgz`);
  if ((await pnpm(["--dir", folder, "pack", "--out", tarball], QUIET)) !== 0) return ["cannot be packed"];

  const problems = problemsOf(
    execFileSync("tar", ["-tzf", tarball], { encoding: "utf8" }).trim().split("\n"),
  );
  if ((await tool("publint", [tarball, "--strict"], QUIET)) !== 0) problems.push("publint finds fault");
  if ((await tool("attw", [tarball, "--profile", "esm-only"], QUIET)) !== 0)
    problems.push("attw finds fault");
  return problems;
}

function problemsOf(entries) {
  const files = new Set(entries.map((entry) => entry.replace(/^package\//, "")));
  const missing = ["LICENSE", "README.md"]
    .filter((file) => !files.has(file))
    .map((file) => `${file} is missing`);
  const stale = [...files]
    .filter((file) => /^dist\/.*\.js$/.test(file) && !files.has(file.replace(/^dist(.*)\.js$/, "src$1.ts")))
    .map((file) => `${file} has no source; delete dist and build again`);
  return [...missing, ...stale];
}
