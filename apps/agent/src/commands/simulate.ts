import { readSettings } from "../settings.js";
import { untilStopSignal } from "../signals.js";
import { chatInTerminal } from "../simulate/interactive.js";
import { platformOf } from "../simulate/platforms.js";
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
  const platform = platformOf(connector);
  if (options.topic !== undefined && options.group === undefined)
    throw new UserError(`--topic needs --group: only groups have ${platform.topic}s`);
  if (options.seesAll === true && platform.seesAllBecause !== undefined)
    throw new UserError(`--sees-all is of no use on ${platform.name}: ${platform.seesAllBecause}`);
  const settings = readSettings(process.env, process.cwd());
  const stopping = new AbortController();
  void untilStopSignal().then(() => stopping.abort());
  const site = await openSite(platform, options, settings);
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
