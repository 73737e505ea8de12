// Packs every published package, into .ci/out/packages, and examines the tarballs. Needs a build.
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { basename, dirname, join, normalize } from "node:path";
import { entries, packageFolders, ROOT, readManifest } from "../scripts/packages.mjs";
import { installTools, pnpm, tool } from "../scripts/workspace.mjs";

const OUT = join(ROOT, ".ci/out/packages");
const QUIET = { quiet: true };
const REPOSITORY = readManifest(".").repository.url;

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

  const entries = execFileSync("tar", ["-tzf", tarball], { encoding: "utf8" }).trim().split("\n");
  const files = new Set(entries.map((entry) => entry.replace(/^package\//, "")));
  const problems = [
    ...manifestProblems(folder),
    ...fileProblems(folder, files),
    ...mapProblems(folder, files),
  ];
  if ((await tool("publint", [tarball, "--strict"], QUIET)) !== 0) problems.push("publint finds fault");
  if ((await tool("attw", [tarball, "--profile", "esm-only"], QUIET)) !== 0)
    problems.push("attw finds fault");
  return problems;
}

/** What npm, its page of the package and a release by a trusted publisher need. */
function manifestProblems(folder) {
  const { license, engines, repository, publishConfig, sideEffects, description } = readManifest(folder);
  const wanted = {
    license: license === "MIT",
    description: Boolean(description),
    "engines.node": engines?.node === ">=22.13",
    "repository.url": repository?.url === REPOSITORY,
    "repository.directory": repository?.directory === folder,
    "publishConfig.access": publishConfig?.access === "public",
    "publishConfig.provenance": publishConfig?.provenance === true,
    sideEffects: sideEffects === false,
  };
  return Object.keys(wanted)
    .filter((key) => !wanted[key])
    .map((key) => `package.json: ${key} is not as in the other packages`);
}

function fileProblems(folder, files) {
  const missing = ["LICENSE", "README.md"]
    .filter((file) => !files.has(file))
    .map((file) => `${file} is missing`);
  const used = filesOfBundle(folder);
  const stale = [...files]
    .filter((file) => /^dist\/.*\.js$/.test(file) && !used.has(file))
    .map((file) => `${file} is nothing that package.json leads to; build again`);
  return [...missing, ...stale];
}

/** The JavaScript that what package.json names imports, now or later, and what that imports. */
function filesOfBundle(folder) {
  const found = new Set(entries(readManifest(folder)).map((name) => `dist/${name}.js`));
  for (const file of found) {
    const text = readFileSync(join(ROOT, folder, file), "utf8");
    for (const [, path = ""] of text.matchAll(/(?:\bfrom |^import |\bimport\()"(\.[^"]+)"/gm))
      found.add(join(dirname(file), path));
  }
  return found;
}

/** A debugger and "go to definition" follow the maps into the package. */
function mapProblems(folder, files) {
  return [...files]
    .filter((file) => file.endsWith(".map"))
    .flatMap((file) => {
      const { sources } = JSON.parse(readFileSync(join(ROOT, folder, file), "utf8"));
      return sources
        .map((source) => normalize(join(dirname(file), source)))
        .filter((source) => !files.has(source))
        .map((source) => `${file} leads to ${source}, which is not in the package`);
    });
}
