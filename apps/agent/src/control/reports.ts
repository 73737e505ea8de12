import type {
  AccountStatus,
  ConfigIssue,
  ConnectorRuntime,
  Explanation,
  ResolvedAccount,
} from "@elizaos/connector-core";
import type { Plan, PlannedConnector } from "../config/load.js";
import { effectiveValues, writtenValues } from "../config/values.js";
import { pairingCountsOf } from "./pairing-report.js";
import type {
  AccountReport,
  ApprovalsReport,
  DeadLetterReport,
  PairingReport,
  StatusReport,
  WhyReport,
} from "./shapes.js";
import { isoTime } from "./time.js";

/** What only a running host knows of an account. */
export interface LiveAccounts {
  readonly statuses: readonly AccountStatus[];
  /** Newest event that policy kept out, Unix ms, by identity. */
  readonly lastIgnored: ReadonlyMap<string, number>;
}

const NOTHING: Waiting = { requests: [], pressure: [], approvals: [] };

/** What waits for the operator, over all accounts. */
export type Waiting = Pick<PairingReport, "requests" | "pressure"> & ApprovalsReport;

/** All connectors of the table, with or without a running host. */
export function connectorReports(
  plan: Plan,
  live: LiveAccounts | undefined,
  waiting: Waiting = NOTHING,
): StatusReport["connectors"] {
  return plan.connectors.map((planned) => {
    const { row, installed, configured, enabled, reason, unavailable, unvalidated } = planned;
    return {
      id: row.id,
      package: row.package,
      installed,
      configured,
      enabled,
      unvalidated,
      reason: unavailable === undefined ? reason : `${reason}; ${unavailable}`,
      accounts: accountReports(plan, planned, live).map((account) => ({
        ...account,
        pairing: pairingCountsOf(waiting, row.id, account.id),
        approvals: waiting.approvals.filter(
          (each) => each.connector === row.id && each.account === account.id,
        ).length,
      })),
    };
  });
}

function accountReports(
  plan: Plan,
  planned: PlannedConnector,
  live: LiveAccounts | undefined,
): AccountReport[] {
  const { row, enabled, unavailable, facts, reason, issues } = planned;
  if (enabled && planned.accounts.length > 0) {
    return planned.accounts.map((resolved) => {
      const status = live?.statuses.find((each) => each.connector === row.id && each.account === resolved.id);
      const base = status === undefined ? resting(resolved) : living(status, live?.lastIgnored);
      const values = effectiveValues(resolved, facts, plan.redactor);
      return { ...base, values, notes: [...(status?.notes ?? resolved.notes)] };
    });
  }
  if (!planned.mentioned) return [];
  const written = writtenValues(row.id, plan.blocks[row.id], facts, plan.environment, plan.redactor);
  const isWanted = enabled || issues.length > 0;
  return [...written].map(([id, values]) => ({
    ...empty(id),
    state: !isWanted ? "disabled" : live === undefined ? "stopped" : "failed",
    reason: problemsOf(issues) ?? unavailable ?? reason,
    values,
    notes: [...planned.notes],
  }));
}

function empty(id: string): AccountReport {
  return {
    id,
    state: "stopped",
    since: null,
    reason: null,
    mend: null,
    identity: null,
    name: null,
    lastInbound: null,
    lastIgnored: null,
    lastOutbound: null,
    pairing: { requests: 0, waiting: 0, evicted: 0 },
    approvals: 0,
    values: {},
    notes: [],
    gaps: [],
  };
}

function resting({ id, enabled, issues }: ResolvedAccount): AccountReport {
  return { ...empty(id), state: enabled ? "stopped" : "disabled", reason: problemsOf(issues) ?? null };
}

function problemsOf(issues: readonly ConfigIssue[]): string | undefined {
  if (issues.length === 0) return undefined;
  return issues.map(({ path, message }) => `${path}: ${message}`).join("; ");
}

function living(status: AccountStatus, lastIgnored: ReadonlyMap<string, number> | undefined): AccountReport {
  const { identity } = status;
  const ignored = identity === undefined ? undefined : lastIgnored?.get(identity);
  return {
    ...empty(status.account),
    state: status.state,
    since: isoTime(status.since),
    reason: status.reason ?? null,
    mend: status.mend ?? null,
    identity: identity ?? null,
    name: status.name ?? null,
    lastInbound: timeOrNull(status.lastInbound),
    lastIgnored: timeOrNull(ignored),
    lastOutbound: timeOrNull(status.lastOutbound),
    gaps: status.gaps.map(({ at, reason }) => ({ at: isoTime(at), reason })),
  };
}

function timeOrNull(ms: number | undefined): string | null {
  return ms === undefined ? null : isoTime(ms);
}

export function whyReportOf({ event: stored, operations }: Explanation): WhyReport {
  const { event, decision } = stored;
  const parts = operations.flatMap((operation) =>
    operation.parts.map((part, index) => ({ operation, part, index })),
  );
  const times: [string, number | undefined][] = [
    ["sent", event.sentAt],
    ["accepted", stored.receivedAt],
    ["started", stored.startedAt],
    ["finished", stored.finishedAt],
    ...parts.map(({ part, index }): [string, number | undefined] => [
      `answer ${index + 1} ${part.state}`,
      part.settledAt,
    ]),
  ];
  return {
    event: stored.seq,
    identity: stored.identity,
    kind: event.kind,
    chat: event.address.chat,
    sender: event.sender.id,
    name: event.sender.name ?? null,
    text: "content" in event ? event.content.text : null,
    fate: decision.fate,
    reason: decision.reason,
    rule: decision.rule,
    path: decision.path ?? null,
    attempts: stored.attempts,
    stages: times.flatMap(([name, at]) => (at === undefined ? [] : [{ name, at: isoTime(at) }])),
    sends: parts.map(({ operation, part, index }) => ({
      key: `${operation.key}.${index}`,
      state: part.state,
      platformId: part.result?.message ?? null,
      attempts: part.attempts,
      uncertain: part.uncertain > 0,
      error: part.error ?? null,
      call: part.part.call,
      operation: operation.state,
      reason: operation.reason ?? null,
    })),
  };
}

export function deadLetterReportOf(
  letters: Awaited<ReturnType<ConnectorRuntime["deadLetters"]["list"]>>,
): DeadLetterReport {
  return {
    deadLetters: letters.map(({ id, identity, session, reason, at }) => ({
      id,
      identity,
      session: session ?? null,
      reason,
      at: isoTime(at),
    })),
  };
}
