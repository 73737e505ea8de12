import { unknownConnector } from "../config/ids.js";
import { rowOf } from "../config/plugin-auto-enable.js";
import { readSettings } from "../settings.js";
import { untilStopSignal } from "../signals.js";
import { chatInTerminal } from "../simulate/interactive.js";
import { Scene, type SceneOptions } from "../simulate/scene.js";
import { playScript } from "../simulate/scripted.js";
import { openSite, type SiteOptions } from "../simulate/site.js";
import { hasTerminal } from "../terminal/keys.js";
import { Stage } from "../terminal/stage.js";
import { hasColors } from "../terminal/style.js";
import { UserError } from "../user-error.js";

export interface SimulateOptions extends SiteOptions, SceneOptions {
  readonly json?: boolean;
}

/** `milady simulate`: chat with the connector on a simulated platform. */
export async function simulate(connector: string, options: SimulateOptions): Promise<void> {
  const row = rowOf(connector);
  if (row === undefined) throw new UserError(unknownConnector(connector));
  if (row.id !== "telegram")
    throw new UserError(`there is no simulator of ${row.id} here; there is one of telegram`);
  const settings = readSettings(process.env, process.cwd());
  const stopping = new AbortController();
  void untilStopSignal().then(() => stopping.abort());
  const site = await openSite(options, settings);
  try {
    const scene = await Scene.open(site, options);
    if (hasTerminal() && options.json !== true) {
      const stage = new Stage({
        write: (text) => process.stdout.write(text),
        colors: hasColors(process.stdout),
        columns: process.stdout.columns,
      });
      await chatInTerminal(scene, stage, stopping.signal);
    } else await playScript(scene, options.json === true, stopping.signal);
  } finally {
    stopping.abort();
    await site.close();
  }
}
