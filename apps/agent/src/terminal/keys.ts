import { readFileSync } from "node:fs";
import { emitKeypressEvents, type Key } from "node:readline";
import type { ReadStream } from "node:tty";

/**
 * Waits for one of `keys` to be pressed. Ctrl+C works as always.
 *
 * @param deafMs keys that come sooner than this, in ms, do not count
 * @returns undefined when `signal` was aborted first
 */
export function pressedKey<K extends string>(
  input: ReadStream,
  keys: readonly K[],
  signal: AbortSignal,
  deafMs = 0,
): Promise<K | undefined> {
  const since = performance.now();
  return new Promise((resolve) => {
    const done = (key: K | undefined) => {
      input.off("keypress", listen);
      signal.removeEventListener("abort", abort);
      input.setRawMode(false);
      input.pause();
      resolve(key);
    };
    const abort = () => done(undefined);
    const listen = (_text: string | undefined, { name, ctrl }: Key) => {
      if (ctrl === true && name === "c") {
        process.kill(process.pid, "SIGINT");
        return;
      }
      if (performance.now() - since < deafMs) return;
      const found = keys.find((key) => key === name);
      if (found !== undefined) done(found);
    };
    if (signal.aborted) {
      resolve(undefined);
      return;
    }
    emitKeypressEvents(input);
    input.setRawMode(true);
    input.resume();
    input.on("keypress", listen);
    signal.addEventListener("abort", abort, { once: true });
  });
}

/** Whether a person sits at this process's terminal: a process in the background is stopped when it touches its settings. */
export function hasTerminal(): boolean {
  return process.stdin.isTTY === true && process.stdout.isTTY === true && isForeground();
}

/** Linux tells in `/proc/self/stat` (proc(5): pgrp is field 5, tty_nr field 7, tpgid field 8). */
function isForeground(): boolean {
  if (process.platform !== "linux") return true;
  const stat = readFileSync("/proc/self/stat", "utf8");
  const [, , group, , terminal, foregroundGroup] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  // Without a controlling terminal there is no job control that could stop this process.
  return terminal === "0" || group === foregroundGroup;
}
