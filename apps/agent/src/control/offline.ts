import { openStoreOperator } from "@elizaos/connector-core";
import type { Store } from "@elizaos/connector-core/store";
import type { Plan } from "../config/load.js";
import { UserError } from "../user-error.js";
import { decisionsOf } from "./decisions.js";
import { listEvents } from "./events.js";
import { connectorReports, type Waiting, whyReportOf } from "./reports.js";
import type { Operator, StatusReport } from "./shapes.js";

/** An operator over the state directory of a host that does not run. */
export async function offlineOperator(plan: Plan, stateDir: string, store: Store): Promise<Operator> {
  const decisions = decisionsOf(await openStoreOperator(store), (text) => plan.redactor.redact(text));
  const status = async () =>
    resting(plan, stateDir, { ...(await decisions.pairing()), ...(await decisions.approvals()) });
  return {
    ...decisions,
    status,
    events: (query) => listEvents(store, query),
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
    status: async () => resting(plan, stateDir, undefined),
    pairing: async () => ({ requests: [], approved: [], pressure: [] }),
    approve: nothing,
    deny: nothing,
    revoke: nothing,
    pairingLog: async () => ({ log: [] }),
    approvals: async () => ({ approvals: [] }),
    decideApproval: nothing,
    approvalsLog: async () => ({ log: [] }),
    events: async () => ({ events: [], truncated: false }),
    why: async () => undefined,
    deadLetters: async () => ({ deadLetters: [] }),
    settleDeadLetter: nothing,
  };
}

function resting(plan: Plan, stateDir: string, waiting: Waiting | undefined): StatusReport {
  return {
    host: null,
    stateDir,
    publicUrl: plan.settings.publicUrl ?? null,
    config: plan.file ?? null,
    connectors: connectorReports(plan, undefined, waiting),
  };
}
