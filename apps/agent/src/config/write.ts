import { randomBytes } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { systemCode, systemReason, UserError } from "../user-error.js";

/**
 * Replaces a file that holds secrets, with mode 0600: whoever reads it meanwhile sees the old text or the new one, also
 * after a power cut. A symbolic link stays one.
 *
 * @param shown the path as messages name it
 * @throws UserError when it cannot be written; then nothing has changed
 */
export function writeSecretFile(path: string, text: string, shown: string): void {
  let temporary: string | undefined;
  try {
    mkdirSync(dirname(path), { recursive: true });
    const target = realPath(path);
    temporary = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString("hex")}.tmp`);
    const file = openSync(temporary, "wx", 0o600);
    try {
      writeSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, target);
  } catch (error) {
    if (temporary !== undefined) rmSync(temporary, { force: true });
    throw new UserError(`${shown}: cannot be written: ${systemReason(error)}`, { cause: error });
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return path;
    throw error;
  }
}
