import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** Absolute path of the state directory: MILADY_STATE_DIR, else `.milady` in the home. */
export function stateDirPath(environment: Readonly<Record<string, string | undefined>>, cwd: string): string {
  const said = environment["MILADY_STATE_DIR"]?.trim() ?? "";
  return said === "" ? join(homedir(), ".milady") : resolve(cwd, said);
}
