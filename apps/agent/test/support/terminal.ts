import { spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterThisTest, COMPILE_CACHE, Running, type Workspace } from "./cli.js";

const CLI = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));

/** `script` of util-linux gives a child a terminal of its own; others have a program of that name with other options. */
export const hasScript =
  process.platform === "linux" && spawnSync("script", ["--version"]).stdout?.includes("util-linux") === true;

/** Runs `milady` in a terminal of its own; what is written to it is typed. */
export function inTerminal(
  workspace: Workspace,
  args: readonly string[] = ["start"],
  env: Readonly<Record<string, string>> = {},
) {
  const words = [process.execPath, CLI, ...args].map((word) => `'${word}'`).join(" ");
  const child = spawn("script", ["-qfec", `exec ${words}`, "/dev/null"], {
    cwd: workspace.path,
    stdio: ["pipe", "pipe", "pipe"],
    env: {
      PATH: process.env["PATH"] ?? "",
      HOME: workspace.path,
      TMPDIR: workspace.path,
      MILADY_STATE_DIR: workspace.stateDir,
      MILADY_PORT: "0",
      TERM: "xterm",
      NO_COLOR: "1",
      NODE_COMPILE_CACHE: COMPILE_CACHE,
      ...env,
    },
  });
  const running = new Running(child);
  afterThisTest(() => running.kill());
  return { running, type: (keys: string) => child.stdin.write(keys) };
}
