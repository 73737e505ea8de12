// Installing and building this workspace. Plain JavaScript for Node 20 and newer: it runs before anything is installed.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { locked } from "./lock.mjs";
import { ROOT } from "./packages.mjs";

const TOOLS = join(ROOT, "checks/tools");

/** Runs `work` while no other process installs or builds here, so that nobody reads a half-written build. */
export const exclusively = (work) => locked(join(ROOT, ".prepare.lock"), work);

/** Installs, then runs a task of turbo.json; resolves with the exit code of what failed, or 0. */
export async function installAndRun(task, args, options) {
  return (await pnpm(["install"], options)) || pnpm(["exec", "turbo", "run", task, ...args], options);
}

/** Installs the tools of checks/tools, which only checks and releases need, and the Node they run on. */
export function installTools() {
  const quiet = { quiet: true };
  return exclusively(
    async () => (await pnpm(["install"], quiet)) || pnpm(["--dir", TOOLS, "install"], quiet),
  );
}

/** Runs an installed tool of checks/tools in the root. */
export function tool(command, args, options) {
  return run(join(TOOLS, "node_modules/.bin", command), args, options);
}

/** Runs pnpm in the root: the one that runs us when it is pnpm 12, else through npx. */
export function pnpm(args, options) {
  const { npm_config_user_agent: agent = "", npm_execpath: current = "" } = process.env;
  const [command, ...first] = agent.startsWith("pnpm/12.") ? [current] : ["npx", "-y", "pnpm@12"];
  return run(command, [...first, ...args], options);
}

/**
 * Runs a command in the root and resolves with its exit code. With `quiet`, what it prints is shown only when it fails,
 * and on standard error.
 */
export function run(command, args, { quiet = false } = {}) {
  const child = spawn(command, args, {
    cwd: ROOT,
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: "1", TURBO_NO_UPDATE_NOTIFIER: "1" },
    stdio: quiet ? ["ignore", "pipe", "pipe"] : "inherit",
  });
  const output = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => output.push(chunk));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      if (code !== 0) process.stderr.write(Buffer.concat(output));
      resolve(code ?? 1);
    });
  });
}
