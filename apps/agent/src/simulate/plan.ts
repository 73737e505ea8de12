import { dirname } from "node:path";
import { DEFAULT_ACCOUNT, isRecord, resolveAccounts } from "@elizaos/connector-core";
import { findConfigFile } from "../config/find.js";
import { type ConfigOptions, loadPlan, type Plan, planProblems } from "../config/load.js";
import { rowOf } from "../config/plugin-auto-enable.js";
import { findPlugin } from "../config/plugins.js";
import type { Settings } from "../settings.js";
import { UserError } from "../user-error.js";
import type { PlatformSimulation, Simulator } from "./platform.js";

/**
 * The user's own config with one account of the platform in it, which talks to a simulator instead.
 *
 * @param keys what leads the account there
 *
 * @throws UserError when the config is wrong in a way that the simulation cannot do without
 */
export async function simulatedPlan(
  options: ConfigOptions & { readonly account?: string },
  settings: Settings,
  platform: PlatformSimulation,
  keys: Simulator["keys"],
): Promise<{ readonly plan: Plan; readonly account: string }> {
  const plan = await loadPlan(options, settings);
  const row = rowOf(platform.id);
  if (row === undefined) throw new UserError(`this host does not know ${platform.name}`);
  const path = findConfigFile(options.config, settings);
  const plugin = await findPlugin(row, [
    ...new Set([path === undefined ? settings.cwd : dirname(path), settings.cwd]),
  ]);
  if (plugin.status !== "installed")
    throw new UserError(
      plugin.status === "missing"
        ? `${row.package} is not installed; run: pnpm add ${row.package}`
        : plugin.reason,
    );
  const connector = await plugin.load();

  const variables = new Set(Object.values(plugin.manifest.env).flat());
  const environment = Object.fromEntries(
    Object.entries(plan.environment).filter(([name]) => !variables.has(name)),
  );
  const { account, block } = simulatedBlock(plan.blocks[row.id], options.account, platform, keys);
  const accounts = resolveAccounts(connector, block, environment, plan.blocks["defaults"], {
    commands: plan.settings.commands,
  });
  const simulated: Plan = {
    ...plan,
    environment,
    blocks: { ...withoutConnectors(plan), [row.id]: block },
    connectors: plan.connectors.map((planned) =>
      planned.row.id === row.id
        ? {
            ...planned,
            mentioned: true,
            enabled: true,
            installed: true,
            unavailable: undefined,
            unvalidated: false,
            facts: plugin.manifest,
            connector,
            accounts,
            // The account has its own now: the file need not have the token that it gets here.
            issues: [],
          }
        : {
            ...planned,
            mentioned: false,
            enabled: false,
            unavailable: undefined,
            connector: undefined,
            accounts: [],
          },
    ),
  };
  const problems = planProblems(simulated);
  if (problems.length > 0) throw new UserError(problems);
  return { plan: simulated, account };
}

function simulatedBlock(
  written: unknown,
  wanted: string | undefined,
  { id, outward }: PlatformSimulation,
  keys: Simulator["keys"],
): { readonly account: string; readonly block: Readonly<Record<string, unknown>> } {
  const { accounts, ...base } = isRecord(written) ? written : {};
  const inward = (block: Readonly<Record<string, unknown>>) =>
    Object.fromEntries(Object.entries(block).filter(([key]) => !outward.test(key)));
  if (!isRecord(accounts)) {
    if (wanted !== undefined && wanted !== DEFAULT_ACCOUNT)
      throw unknownAccount(id, wanted, [DEFAULT_ACCOUNT]);
    return { account: DEFAULT_ACCOUNT, block: { ...inward(base), ...keys } };
  }
  const names = Object.keys(accounts);
  const account = wanted ?? (names.includes(DEFAULT_ACCOUNT) ? DEFAULT_ACCOUNT : names[0]) ?? DEFAULT_ACCOUNT;
  const own = accounts[account];
  if (!isRecord(own)) throw unknownAccount(id, account, names);
  return { account, block: { ...inward(base), accounts: { [account]: { ...inward(own), ...keys } } } };
}

function unknownAccount(connector: string, account: string, known: readonly string[]): UserError {
  return new UserError(
    `--account: connectors.${connector} has no account "${account}"; it has: ${known.join(", ") || "none"}`,
  );
}

/** What stands beside the connectors' blocks, such as what they share. */
function withoutConnectors({ blocks, connectors }: Plan): Readonly<Record<string, unknown>> {
  const ids = new Set(connectors.map(({ row }) => row.id));
  return Object.fromEntries(Object.entries(blocks).filter(([key]) => !ids.has(key)));
}
