import { openStoreOperator } from "@elizaos/connector-core";
import type { Store } from "@elizaos/connector-core/store";
import type { Plan } from "../config/load.js";
import { UserError } from "../user-error.js";
import { decisionsOf } from "./decisions.js";
import { connectorReports, whyReportOf } from "./reports.js";
import type { Operator } from "./shapes.js";

/** An operator over the state directory of a host that does not run. */
export async function offlineOperator(plan: Plan, stateDir: string, store: Store): Promise<Operator> {
  return {
    ...emptyOperator(plan, stateDir),
    ...decisionsOf(await openStoreOperator(store)),
    async why(event) {
      const [found] = event === "last" ? await store.recentEvents({ limit: 1 }) : await store.events([event]);
      if (found === undefined) return undefined;
      return whyReportOf({ event: found, operations: await store.operationsOfTurn(found.seq) });
    },
  };
}

/** Where no host has ever run there is nothing to decide. */
export function emptyOperator(plan: Plan, stateDir: string): Operator {
  const nothing = () =>
    Promise.reject(
      new UserError(`no host has run with the state directory ${stateDir} yet; start one with milady start`),
    );
  return {
    status: async () => ({
      host: null,
      stateDir,
      config: plan.file ?? null,
      publicUrl: plan.publicUrl ?? null,
      connectors: connectorReports(plan, undefined),
    }),
    pairing: async () => ({ requests: [], approved: [] }),
    approve: nothing,
    deny: nothing,
    why: async () => undefined,
    deadLetters: async () => ({ deadLetters: [] }),
    settleDeadLetter: nothing,
  };
}
