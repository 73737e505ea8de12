import type { Origin } from "@elizaos/connector-core";
import type { Plan, PlannedConnector } from "./load.js";
import { effectiveValues, type ShownValues, shownHostSettings, writtenValues } from "./values.js";

/** A value and where it came from: `path` is its config path or its environment variable. */
type ShownValue = { readonly value: unknown; readonly path?: string } & Origin;

/** What `milady config show --json` prints. Fields may be added, never renamed or removed. */
export interface ShownConfig {
  readonly config: string | null;
  /** The top-level keys, secrets masked. */
  readonly settings: Readonly<Record<string, { readonly value: unknown; readonly from: "default" | "file" }>>;
  readonly connectors: readonly ShownConnector[];
}

export interface ShownConnector {
  readonly id: string;
  readonly configured: boolean;
  readonly enabled: boolean;
  readonly reason: string;
  readonly unvalidated: boolean;
  readonly accounts: readonly {
    readonly id: string;
    readonly enabled: boolean;
    readonly values: Readonly<Record<string, ShownValue>>;
    readonly problems: readonly string[];
    readonly notes: readonly string[];
  }[];
}

/** The effective settings of everything that somebody asked for. */
export function shownConfig(plan: Plan): ShownConfig {
  return {
    config: plan.file ?? null,
    settings: shownHostSettings(plan.settings, plan.written, plan.redactor),
    connectors: plan.connectors
      .filter(({ mentioned }) => mentioned)
      .map((planned) => connectorOf(plan, planned)),
  };
}

function connectorOf(plan: Plan, planned: PlannedConnector): ShownConnector {
  const { row, configured, enabled, reason, unavailable, unvalidated, facts, issues } = planned;
  const say = ({ path, message }: { readonly path: string; readonly message: string }) =>
    plan.redactor.redact(`${path}: ${message}`);
  const head = {
    id: row.id,
    configured,
    enabled,
    reason: unavailable === undefined ? reason : `${reason}; ${unavailable}`,
    unvalidated,
  };
  const written = writtenValues(row.id, plan.blocks[row.id], facts, plan.environment, plan.redactor);
  const place = (id: string, key: string) =>
    `connectors.${row.id}.${written.get(id)?.[key]?.from === "account" ? `accounts.${id}.` : ""}${key}`;
  const asWritten = (id: string) => located(written.get(id) ?? {}, (key) => place(id, key));
  if (planned.accounts.length === 0) {
    const notes = planned.notes.map(plan.redactor.redact);
    const accounts = [...written.keys()].map((id) => ({
      id,
      enabled,
      values: asWritten(id),
      problems: issues.map(say),
      notes,
    }));
    return { ...head, accounts };
  }
  const accounts = planned.accounts.map((account) => ({
    id: account.id,
    enabled: account.enabled,
    values:
      account.account === undefined
        ? asWritten(account.id)
        : located(effectiveValues(account, facts, plan.redactor), account.locate),
    problems: account.issues.map(say),
    notes: account.notes,
  }));
  return { ...head, accounts };
}

function located(values: ShownValues, locate: (key: string) => string): Readonly<Record<string, ShownValue>> {
  return Object.fromEntries(
    Object.entries(values).map(([key, shown]) => {
      if (shown.from === "default") return [key, shown];
      return [key, { ...shown, path: shown.from === "environment" ? shown.variable : locate(key) }];
    }),
  );
}
