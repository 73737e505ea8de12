import { existsSync } from "node:fs";
import { isAbsolute, join, relative, resolve } from "node:path";
import type { Settings } from "../settings.js";

export const CONFIG_NAME = "milady.json";

/**
 * The config file: `--config`, else MILADY_CONFIG_PATH, else `./milady.json`, else the one in the state directory. A
 * file that was named is returned even if it does not exist, so that reading it says so.
 */
export function findConfigFile(option: string | undefined, settings: Settings): string | undefined {
  if (option !== undefined) return resolve(settings.cwd, option);
  if (settings.configPath !== undefined) return settings.configPath;
  return [join(settings.cwd, CONFIG_NAME), join(settings.stateDir, CONFIG_NAME)].find((path) =>
    existsSync(path),
  );
}

/** A path as the user would write it: relative inside the working directory, else absolute. */
export function shownPath(path: string, cwd: string): string {
  const short = relative(cwd, path);
  return short === "" || short.startsWith("..") || isAbsolute(short) ? path : short;
}
