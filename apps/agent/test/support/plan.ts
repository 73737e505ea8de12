import { type ConfigOptions, readPlan } from "../../src/config/load.js";
import { readSettings } from "../../src/settings.js";
import { Workspace } from "./cli.js";

/** What the host makes of these files and variables, in a folder of its own. */
export async function planOf(
  files: { readonly config?: unknown; readonly character?: unknown },
  environment: Readonly<Record<string, string>> = {},
) {
  const workspace = new Workspace();
  if (files.config !== undefined) workspace.file("milady.json", files.config);
  if (files.character !== undefined) workspace.file("character.json", files.character);
  const settings = readSettings({ MILADY_STATE_DIR: workspace.stateDir, ...environment }, workspace.path);
  const options: ConfigOptions = files.character === undefined ? {} : { character: "character.json" };
  return { ...(await readPlan(options, settings)), folder: workspace.path };
}
