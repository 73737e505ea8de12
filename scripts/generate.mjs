// Writes what is made from the code: the config file's JSON Schema and its reference, the README's table of platforms. Builds first.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { configReference } from "./config-reference.mjs";
import { ROOT } from "./packages.mjs";
import { writePlatforms } from "./platforms-table.mjs";
import { exclusively, installAndRun } from "./workspace.mjs";

const NODE = join(ROOT, "node_modules/node/bin/node");
const HOST = join(ROOT, "apps/agent/dist/cli.js");

process.exitCode = await exclusively(() =>
  installAndRun("build", ["--filter=@elizaos/connector-agent..."], { quiet: true }),
);
if (process.exitCode === 0) {
  generate();
  await writePlatforms();
}

function generate() {
  // Away from any config and any plugin that happens to lie about: only the host's own connectors are described.
  const cwd = mkdtempSync(join(tmpdir(), "milady-generate-"));
  try {
    const env = { ...process.env, MILADY_STATE_DIR: join(cwd, "state"), MILADY_CONFIG_PATH: "" };
    const schema = execFileSync(NODE, [HOST, "config", "schema"], { cwd, env, encoding: "utf8" });
    writeFileSync(join(ROOT, "apps/agent/milady.schema.json"), schema);
    writeFileSync(join(ROOT, "docs/config-reference.md"), configReference(JSON.parse(schema)));
  } finally {
    rmSync(cwd, { recursive: true });
  }
}
