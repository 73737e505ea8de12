import { openStoreOperator } from "@elizaos/connector-core";
import type { Store } from "@elizaos/connector-core/store";
import type { Plan } from "../config/load.js";
import { UserError } from "../user-error.js";
import { refusable } from "./refusable.js";
import {
  approvalReportOf,
  connectorReports,
  deadLetterReportOf,
  pairingReportOf,
  whyReportOf,
} from "./reports.js";
import type { Operator } from "./shapes.js";

/** An operator over the state directory of a host that does not run. */
export async function offlineOperator(plan: Plan, stateDir: string, store: Store): Promise<Operator> {
  const operator = await openStoreOperator(store);
  return {
    ...emptyOperator(plan, stateDir),
    pairing: async () => pairingReportOf(await operator.pairing.list()),
    approve: ({ connector, code, account }) =>
      refusable(async () =>
        approvalReportOf(await operator.pairing.approve(connector, code, byOperator(account))),
      ),
    deny: ({ connector, code, account }) =>
      refusable(() => operator.pairing.deny(connector, code, byOperator(account))),
    async why(event) {
      const [found] = event === "last" ? await store.recentEvents({ limit: 1 }) : await store.events([event]);
      if (found === undefined) return undefined;
      return whyReportOf({ event: found, operations: await store.operationsOfTurn(found.seq) });
    },
    deadLetters: async () => deadLetterReportOf(await operator.deadLetters.list()),
    settleDeadLetter: (id, verdict) => refusable(() => operator.deadLetters[verdict](id)),
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

export function byOperator(account: string | undefined): { readonly by: string; readonly account?: string } {
  return account === undefined ? { by: "operator" } : { by: "operator", account };
}
