import type { ConnectorRuntime } from "@elizaos/connector-core";
import type { Store } from "@elizaos/connector-core/store";
import type { Plan } from "../config/load.js";
import { decisionsOf } from "./decisions.js";
import { listEvents } from "./events.js";
import { connectorReports, whyReportOf } from "./reports.js";
import type { Operator, StatusReport } from "./shapes.js";

/** How many of an identity's newest events are looked through for the last one that was kept out. */
const IGNORED_SEARCH = 100;

export interface OperatorOptions {
  readonly plan: Plan;
  readonly runtime: ConnectorRuntime;
  readonly store: Store;
  readonly stateDir: string;
  readonly host: NonNullable<StatusReport["host"]>;
}

/** The operator of the host in this process. */
export function operatorOf({ plan, runtime, store, stateDir, host }: OperatorOptions): Operator {
  const decisions = decisionsOf(runtime, (text) => plan.redactor.redact(text));
  return {
    async status() {
      const [live, { requests, pressure }, { approvals }] = await Promise.all([
        liveAccounts(runtime, store),
        decisions.pairing(),
        decisions.approvals(),
      ]);
      const waiting = { requests, pressure, approvals };
      return {
        host,
        stateDir,
        config: plan.file ?? null,
        publicUrl: plan.settings.publicUrl ?? null,
        connectors: connectorReports(plan, live, waiting),
      };
    },
    ...decisions,
    events: (query) => listEvents(store, query),
    async why(event) {
      const explanation = await runtime.why(event);
      return explanation === undefined ? undefined : whyReportOf(explanation);
    },
  };
}

async function liveAccounts(runtime: ConnectorRuntime, store: Store) {
  const statuses = runtime.status();
  const lastIgnored = new Map<string, number>();
  for (const { identity } of statuses) {
    if (identity === undefined) continue;
    const events = await store.recentEvents({ identity, limit: IGNORED_SEARCH });
    const ignored = events.find(({ decision }) => decision.fate === "ignored" || decision.fate === "held");
    if (ignored !== undefined) lastIgnored.set(identity, ignored.receivedAt);
  }
  return { statuses, lastIgnored };
}
