// What the next release will be called: runs `changeset version` on a copy of the manifests and prints the versions it makes.
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packageFolders, ROOT, readManifest } from "../scripts/packages.mjs";
import { installTools } from "../scripts/workspace.mjs";

const NODE = join(ROOT, "node_modules/node/bin/node");
const CHANGESET = join(ROOT, "checks/tools/node_modules/@changesets/cli/bin.js");
/** npm has packages with the names of our plugins, of other making, up to 2.x. */
const firstMajor = (name) => (name.startsWith("@elizaos/plugin-") ? 3 : 1);

if ((await installTools()) !== 0) process.exit(1);
const published = packageFolders().filter((folder) => !readManifest(folder).private);
const copy = mkdtempSync(join(tmpdir(), "connectors-releases-"));
try {
  const manifests = packageFolders().map((folder) => join(folder, "package.json"));
  for (const path of [...manifests, "package.json", "pnpm-workspace.yaml", ".changeset"])
    cpSync(join(ROOT, path), join(copy, path), { recursive: true });
  execFileSync(NODE, [CHANGESET, "version"], { cwd: copy, stdio: ["ignore", "ignore", "inherit"] });
  for (const folder of published) {
    const { name, version } = JSON.parse(readFileSync(join(copy, folder, "package.json"), "utf8"));
    console.log(`${name} ${version}`);
    if (Number.parseInt(version, 10) >= firstMajor(name)) continue;
    console.error(
      `${name} would begin with ${version}: its version before the first release is ${firstMajor(name) - 1}.0.0, and that release has a major changeset.`,
    );
    process.exitCode = 1;
  }
} finally {
  rmSync(copy, { recursive: true });
}
