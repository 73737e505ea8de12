import { join } from "node:path";
import { type ConfigChange, editConfig, newConfig, withValue } from "../config/edit.js";
import { CONFIG_NAME, findConfigFile, shownPath } from "../config/find.js";
import type { ConfigOptions } from "../config/load.js";
import { parseObject, readText } from "../config/read.js";
import { CONFIG_SCHEMA } from "../config/schema-reference.js";
import { writeSecretFile } from "../config/write.js";
import { knownSecrets } from "../known-secrets.js";
import type { Settings } from "../settings.js";
import { UserError } from "../user-error.js";

/** The config file that `milady connect` writes to. */
export interface ConfigFile {
  readonly path: string;
  readonly shown: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** Throws `UserError` when that would lose something, or the file was changed meanwhile; then nothing is written. */
  write(changes: readonly ConfigChange[]): void;
}

/**
 * The file that the usual rules find, else `milady.json` in the working directory, which need not exist.
 *
 * @throws UserError when it cannot be read
 */
export function openConfigFile(options: ConfigOptions, settings: Settings): ConfigFile {
  const path = findConfigFile(options.config, settings) ?? join(settings.cwd, CONFIG_NAME);
  const shown = shownPath(path, settings.cwd);
  const text = readText(path, shown);
  const config = text === undefined ? {} : parseObject(text, shown);
  return {
    path,
    shown,
    config,
    write(changes) {
      const all: ConfigChange[] = [
        ...(config["$schema"] === undefined ? [{ path: ["$schema"], value: CONFIG_SCHEMA } as const] : []),
        ...changes,
      ];
      if (readText(path, shown) !== text)
        throw new UserError(`${shown}: was changed meanwhile, so nothing was written; connect again`);
      const edited = text === undefined ? newConfig(all) : editConfig(text, all);
      if (edited === undefined) throw new UserError(pasteLines(shown, changes));
      writeSecretFile(path, edited, shown);
    },
  };
}

/** For a file that cannot be changed in place. The secret is left for the user to fill in. */
function pasteLines(shown: string, changes: readonly ConfigChange[]): string[] {
  const wanted = changes.reduce<unknown>(
    (config, { path, value }) =>
      withValue(config, path, typeof value === "string" ? knownSecrets.redact(value) : value),
    {},
  );
  return [
    `${shown}: cannot be changed without losing something that stands in it, so nothing was written. Add this by hand, with the token in place of the stars:`,
    ...JSON.stringify(wanted, null, 2).split("\n"),
  ];
}
