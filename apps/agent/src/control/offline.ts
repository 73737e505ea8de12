import type { Store } from "@elizaos/connector-core/store";
import type { Plan } from "../config/load.js";
import { UserError } from "../user-error.js";
import { connectorReports, deadLetterReportOf, whyReportOf } from "./reports.js";
import type { Operator } from "./shapes.js";

const MAX_LISTED = 1_000;
/** As core does by default: what is tried again has this long, in ms, before it expires. */
const RETRY_LIFETIME_MS = 24 * 60 * 60_000;

/**
 * An operator over a state directory whose host does not run.
 *
 * @param store undefined where no host ever ran
 */
export function offlineOperator(plan: Plan, stateDir: string, store: Store | undefined): Operator {
  return {
    status: async () => ({ host: null, stateDir, config: plan.file ?? null, connectors: connectorReports(plan, undefined) }),
    pairing: needsHost,
    approve: needsHost,
    deny: needsHost,
    async why(event) {
      const [found] = event === "last" ? await store?.recentEvents({ limit: 1 }) ?? [] : await store?.events([event]) ?? [];
      if (store === undefined || found === undefined) return undefined;
      return whyReportOf({ event: found, operations: await store.operationsOfTurn(found.seq) });
    },
    deadLetters: async () => deadLetterReportOf((await store?.deadLetters(MAX_LISTED)) ?? []),
    async settleDeadLetter(id, verdict) {
      const letter = (await store?.deadLetters(MAX_LISTED))?.find((each) => each.id === id);
      const lease = letter === undefined ? undefined : await store?.lease(letter.identity, "command line");
      if (store === undefined || lease === undefined) throw new UserError(`there is no dead letter ${id}; milady dead-letters list shows them`);
      const at = Date.now();
      await store.settleDeadLetter(lease, { id, verdict, at, expiresAt: at + RETRY_LIFETIME_MS });
      await store.release(lease);
    },
  };
}

/** Requests belong to identities, and only a running host knows whose account each one is. */
function needsHost(): Promise<never> {
  return Promise.reject(new UserError("pairing needs a running host: start it with milady start, then run this again"));
}
