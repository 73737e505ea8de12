import { chooseBrain } from "../brain/choose.js";
import type { ConfigOptions } from "../config/load.js";
import { connectControl } from "../control/client.js";
import type { AccountReport, Operator } from "../control/shapes.js";
import { openHost, stopHost } from "../host.js";
import { createLog } from "../log.js";
import type { Settings } from "../settings.js";
import { temporaryStateDir } from "../state-dir.js";
import { UserError } from "../user-error.js";
import { AdminClient } from "./admin-client.js";
import { simulatedPlan } from "./plan.js";
import type { Door, PlatformSimulation } from "./platform.js";

/** A simulated platform with a host that talks to it. */
export interface Site {
  readonly platform: PlatformSimulation;
  readonly door: Door;
  readonly operator: Operator;
  readonly account: string;
  /** What runs here, one sentence. */
  readonly description: string;
  /** State directory to look into with the other commands. */
  readonly stateDir: string;
  close(): Promise<void>;
}

export interface SiteOptions extends ConfigOptions {
  readonly account?: string;
  /** The bot sees all messages of a group. */
  readonly seesAll?: boolean;
}

/** The running host when it talks to a simulator, else a simulator and a host of its own with the user's config. */
export async function openSite(
  platform: PlatformSimulation,
  options: SiteOptions,
  settings: Settings,
): Promise<Site> {
  return (await runningSite(platform, options, settings)) ?? (await ownSite(platform, options, settings));
}

async function runningSite(
  platform: PlatformSimulation,
  { account }: SiteOptions,
  { stateDir }: Settings,
): Promise<Site | undefined> {
  const operator = await connectControl(stateDir);
  if (operator === undefined) return undefined;
  for (const each of await accountsOf(operator, platform)) {
    const apiRoot = each.values["apiRoot"]?.value;
    if (account !== undefined && each.id !== account) continue;
    if (each.name === null || typeof apiRoot !== "string" || !(await AdminClient.isAt(apiRoot))) continue;
    return {
      platform,
      door: await openDoor(platform, apiRoot, each),
      operator,
      account: each.id,
      description: `The running host's account ${each.id} talks to the simulator at ${apiRoot}: what is written here goes there.`,
      stateDir,
      close: async () => {},
    };
  }
  return undefined;
}

async function ownSite(
  platform: PlatformSimulation,
  options: SiteOptions,
  settings: Settings,
): Promise<Site> {
  const sim = await platform.start({ seesAll: options.seesAll === true });
  try {
    const { plan, account } = await simulatedPlan(options, settings, platform, sim.keys);
    const stateDir = temporaryStateDir();
    const log = createLog({
      level: settings.logLevel ?? "warn",
      format: settings.logFormat,
      redactor: plan.redactor,
      stream: process.stderr,
    });
    const host = await openHost({
      plan,
      stateDir,
      port: 0,
      webhooks: { port: 0, bind: "127.0.0.1" },
      agent: chooseBrain(plan, log).agent,
      log,
      onEvent: () => {},
    });
    await host.start();
    try {
      const report = (await accountsOf(host.operator, platform)).find(({ id }) => id === account);
      if (report?.state !== "online")
        throw new UserError(
          `the simulated account ${account} is not online: ${report?.reason ?? report?.state ?? "it does not run"}`,
        );
      return {
        platform,
        door: await openDoor(platform, sim.keys.apiRoot, report),
        operator: host.operator,
        account,
        description: `A simulated ${platform.name} and the real connector, with ${plan.file ?? "no config file"}. No network; nothing of it is kept.`,
        stateDir,
        async close() {
          await stopHost(host, "end of the simulation", log);
          await sim.close();
        },
      };
    } catch (error) {
      await host.stop();
      throw error;
    }
  } catch (error) {
    await sim.close();
    throw error;
  }
}

async function accountsOf(
  operator: Operator,
  { id: connector }: PlatformSimulation,
): Promise<readonly AccountReport[]> {
  return (await operator.status()).connectors.find(({ id }) => id === connector)?.accounts ?? [];
}

async function openDoor(
  platform: PlatformSimulation,
  apiRoot: string,
  { id, name, values }: AccountReport,
): Promise<Door> {
  if (name === null) throw new UserError(`the account ${id} does not say as which bot it is signed in`);
  return await platform.openDoor({
    client: new AdminClient(apiRoot),
    bot: name.replace(/^@/, ""),
    config: Object.fromEntries(Object.entries(values).map(([key, { value }]) => [key, value])),
  });
}
