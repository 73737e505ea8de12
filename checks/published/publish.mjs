import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { ROOT, readManifest } from "../../scripts/packages.mjs";
import { npm, pnpm, run } from "./commands.mjs";

/**
 * Packs the packages in `folders` as a release does and publishes them under one version that nobody else has. The work tree stays as
 * it is.
 */
export async function publishAll({ folders, version, into, npmrc }) {
  const names = new Set(folders.map((folder) => readManifest(folder).name));
  for (const folder of folders) {
    const tarball = join(into, `${basename(folder)}.tgz`);
    const unpacked = join(into, basename(folder));
    mkdirSync(unpacked, { recursive: true });
    await pnpm(["--dir", join(ROOT, folder), "pack", "--out", tarball], { cwd: ROOT });
    await run("tar", ["-xzf", tarball, "-C", unpacked, "--strip-components=1"], { cwd: into });
    rewrite(join(unpacked, "package.json"), names, version);
    writeFileSync(join(unpacked, ".npmrc"), npmrc);
    await npm(["publish", "--tag", "latest"], { cwd: unpacked });
  }
}

/** Gives an example, or an unpacked package, the version that is tried here. */
export function rewrite(path, names, version) {
  const manifest = JSON.parse(readFileSync(path, "utf8"));
  if (names.has(manifest.name)) manifest.version = version;
  // Provenance is for releases: only they can show which workflow made a package.
  if (manifest.publishConfig !== undefined) manifest.publishConfig.provenance = false;
  for (const kind of ["dependencies", "optionalDependencies", "peerDependencies"]) {
    for (const name of Object.keys(manifest[kind] ?? {})) if (names.has(name)) manifest[kind][name] = version;
  }
  writeFileSync(path, JSON.stringify(manifest, null, 2));
}
