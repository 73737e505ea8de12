import { existsSync } from "node:fs";
import { join } from "node:path";
import { type ConfigOptions, loadPlan } from "../config/load.js";
import { connectControl } from "../control/client.js";
import { emptyOperator, offlineOperator } from "../control/offline.js";
import type { Operator } from "../control/shapes.js";
import { readSettings } from "../settings.js";
import { DATABASE_NAME } from "../state-dir.js";
import { openStore } from "../store.js";

/**
 * Runs one piece of operator work: on the running host, else on the state directory's store.
 *
 * @throws UserError when neither can be had
 */
export async function withOperator<T>(
  options: ConfigOptions,
  work: (operator: Operator) => Promise<T>,
): Promise<T> {
  const settings = readSettings(process.env, process.cwd());
  const { stateDir } = settings;
  const running = await connectControl(stateDir);
  if (running !== undefined) return await work(running);
  const plan = await loadPlan(options, settings);
  // Looking is no reason to make a database.
  if (!existsSync(join(stateDir, DATABASE_NAME))) return await work(emptyOperator(plan, stateDir));
  const store = await openStore(stateDir, plan.store);
  try {
    return await work(await offlineOperator(plan, stateDir, store));
  } finally {
    await store.shutdown();
  }
}
