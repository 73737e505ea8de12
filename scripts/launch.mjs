// Runs the host from a checkout: `pnpm start`, `npm start`, `pnpm milady <command>`. Installs and builds when something
// changed since the last time, then becomes the host, on the workspace's own Node and in the folder where the command
// was typed. Standard output belongs to the host alone.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { become } from "./become.mjs";
import { digestInputs, digestOutputs } from "./freshness.mjs";
import { ROOT } from "./packages.mjs";
import { exclusively, installAndRun } from "./workspace.mjs";

const NODE = join(ROOT, "node_modules/node/bin/node");
const HOST = join(ROOT, "apps/agent/dist/cli.js");
const STAMP = join(ROOT, "node_modules/.launched");

if (!isFresh() && !(await exclusively(() => isFresh() || prepare()))) {
  console.error("The host was not started: installing or building failed, for the reason above.");
  process.exit(1);
}
process.chdir(process.env.INIT_CWD ?? ".");
become(NODE, [HOST, ...process.argv.slice(2)]);

function isFresh() {
  return (
    existsSync(NODE) && existsSync(STAMP) && readFileSync(STAMP, "utf8") === digestInputs() + digestOutputs()
  );
}

async function prepare() {
  const what = existsSync(STAMP)
    ? "Building what has changed"
    : "Installing and building, once, in about half a minute";
  console.error(`${what} ...`);
  const inputs = digestInputs();
  const code = await installAndRun("build", ["--filter=@elizaos/connector-agent..."], { quiet: true });
  if (code === 0) writeFileSync(STAMP, inputs + digestOutputs());
  return code === 0;
}
