import { spawn } from "node:child_process";

/**
 * Turns this process into another program, which then has the terminal, the signals and the exit code for itself.
 * Node before 22.15 cannot do that. There the program runs as a child in a session of its own, so that a signal sent
 * to the whole group, as Ctrl-C does, reaches it once: from us, who stay until it has ended.
 */
export function become(file, args) {
  process.execve?.(file, [file, ...args], process.env);

  const child = spawn(file, args, { stdio: "inherit", detached: true });
  const forwarded = /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"]);
  for (const signal of forwarded) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => {
    for (const name of forwarded) process.removeAllListeners(name);
    if (signal) process.kill(process.pid, signal);
    else process.exit(code);
  });
}
