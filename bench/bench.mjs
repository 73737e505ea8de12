// Installs and builds what the measurements need, then becomes src/main.mjs on the workspace's own Node.
import { join } from "node:path";
import { become } from "../scripts/become.mjs";
import { ROOT } from "../scripts/packages.mjs";
import { exclusively, installAndRun, pnpm } from "../scripts/workspace.mjs";

const BENCH = join(ROOT, "bench");
const quiet = { quiet: true };

const code = await exclusively(
  async () =>
    (await installAndRun("build", ["--filter=@elizaos/connector-agent..."], quiet)) ||
    (await pnpm(["--dir", BENCH, "install", "--frozen-lockfile"], quiet)) ||
    // What is compared in another runtime is installed only then.
    (process.argv.includes("--eliza") &&
      pnpm(["--dir", join(BENCH, "eliza"), "install", "--frozen-lockfile"], quiet)) ||
    0,
);
if (code !== 0) process.exit(code);
become(join(ROOT, "node_modules/node/bin/node"), [join(BENCH, "src/main.mjs"), ...process.argv.slice(2)]);
