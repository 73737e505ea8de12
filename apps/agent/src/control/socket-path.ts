import { createHash } from "node:crypto";
import { lstatSync, mkdirSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { systemCode, UserError } from "../user-error.js";

/** `sun_path` holds 104 bytes on macOS and 108 on Linux, with its closing zero. */
const LONGEST_SOCKET_PATH = 103;

/** Where the host of a state directory listens: a socket in it, or a short path derived from it. */
export interface ControlPlace {
  readonly path: string;
  /** A directory outside of the state directory that must be this user's own. */
  readonly folder: string | undefined;
}

export function controlPlace(stateDir: string): ControlPlace {
  const name = createHash("sha256").update(stateDir).digest("hex").slice(0, 16);
  if (process.platform === "win32") return { path: `\\\\.\\pipe\\milady-${name}`, folder: undefined };
  const path = join(stateDir, "control.sock");
  if (Buffer.byteLength(path) <= LONGEST_SOCKET_PATH) return { path, folder: undefined };
  const folder = join(tmpdir(), `milady-${userInfo().uid}`);
  return { path: join(folder, `${name}.sock`), folder };
}

/** @throws UserError when somebody else made the folder first */
export function prepareControlFolder({ folder }: ControlPlace): void {
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  checkControlFolder({ path: "", folder });
}

/** Everybody can write to the system's folder for temporary files, so what stands there is believed only if it is ours. */
export function checkControlFolder({ folder }: ControlPlace): void {
  if (folder === undefined) return;
  try {
    const { uid, mode } = lstatSync(folder);
    if (uid === userInfo().uid && (mode & 0o077) === 0) return;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return;
    throw error;
  }
  throw new UserError(
    `control socket: ${folder} belongs to another user or is open to others. Remove it, or use a state directory with a shorter path.`,
  );
}
