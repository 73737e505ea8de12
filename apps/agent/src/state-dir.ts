import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemCode, systemReason, UserError } from "./user-error.js";

const PID_FILE = "host.pid";
export const DATABASE_NAME = "connectors.sqlite";

/**
 * Makes sure that the directory is there, with mode 0700 when it is made here.
 *
 * @returns a warning when others may read what is there already
 * @throws UserError when it cannot be used
 */
export function prepareStateDir(path: string): string | undefined {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const { mode } = statSync(path);
    if (process.platform === "win32" || (mode & 0o077) === 0) return undefined;
    return `state directory ${path}: other users can look into it; run: chmod 700 ${path}`;
  } catch (error) {
    const reason = systemCode(error) === "EEXIST" ? "it is a file, not a directory" : systemReason(error);
    throw new UserError(`state directory ${path}: cannot be used: ${reason}. ${ELSEWHERE}`, { cause: error });
  }
}

/** A state directory that is gone when the process ends, also when it is told to end at once. */
export function temporaryStateDir(): string {
  const path = mkdtempSync(join(tmpdir(), "milady-demo-"));
  process.once("exit", () => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** What to say when the state directory's store cannot be opened. */
export function stateDirProblem(path: string, reason: string): UserError {
  return new UserError(`state directory ${path}: cannot be used: ${reason}. ${ELSEWHERE}`);
}

/** What to say when another host owns the state directory. */
export function stateDirInUse(path: string): UserError {
  const pid = readPid(path);
  const who = pid === undefined ? "another process" : `the host with pid ${pid}`;
  const stop = pid === undefined ? "Wait until it has ended, or stop it" : `Stop it (kill ${pid})`;
  return new UserError(
    `state directory ${path}: in use by ${who}. ${stop}, or ${ELSEWHERE.charAt(0).toLowerCase()}${ELSEWHERE.slice(1)}`,
  );
}

/** Notes this process as the owner. Call it only while holding the store. */
export function writePid(path: string): void {
  writeFileSync(join(path, PID_FILE), `${process.pid}\n`, { mode: 0o600 });
}

export function removePid(path: string): void {
  rmSync(join(path, PID_FILE), { force: true });
}

/** Pid of the owner as noted; undefined when it is gone, as after a kill. */
function readPid(path: string): number | undefined {
  let text: string;
  try {
    text = readFileSync(join(path, PID_FILE), "utf8");
  } catch (error) {
    if (systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR") return undefined;
    throw error;
  }
  const pid = /^\d+$/.test(text.trim()) ? Number(text) : undefined;
  return pid !== undefined && isAlive(pid) ? pid : undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It lives, and belongs to somebody else.
    return systemCode(error) === "EPERM";
  }
}

const ELSEWHERE = "Set MILADY_STATE_DIR to a directory of this host's own.";
