import { type ResolvedAccount, resolveAccounts } from "./config/resolve.js";
import { AccountHandle } from "./connection/handle.js";
import { StatusBoard } from "./connection/status.js";
import type { Clock, Logger } from "./contract/connection.js";
import { withFields } from "./log.js";
import { collectSecrets, type Redactor } from "./redact.js";
import type { AccountStatus, RuntimeEvent, RuntimeOptions } from "./runtime-types.js";

/** An account of the config, whether or not it can be opened. */
export interface RunningAccount {
  readonly resolved: ResolvedAccount;
  readonly status: StatusBoard;
  /** Absent where the config keeps the account from being opened. */
  readonly handle?: AccountHandle;
}

export interface AccountsOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly redactor: Redactor;
  readonly emit: (event: RuntimeEvent) => void;
}

/** Every account of every connector's block. Their secrets are known to the redactor afterwards. */
export function runningAccounts(
  {
    connectors,
    config,
    environment = {},
    commands = true,
  }: Pick<RuntimeOptions, "connectors" | "config" | "environment" | "commands">,
  { clock, log, redactor, emit }: AccountsOptions,
): readonly RunningAccount[] {
  const defaults = config?.connectors?.["defaults"];
  return connectors.flatMap((connector) => {
    const { id, secrets } = connector.manifest;
    const block = config?.connectors?.[id];
    collectSecrets(block, secrets, redactor);
    return resolveAccounts(connector, block, environment, defaults, { commands }).map(
      (resolved): RunningAccount => {
        const status: StatusBoard = new StatusBoard(clock, redactor.redact, () =>
          emit({ type: "status", status: statusOf(running) }),
        );
        const running: RunningAccount = { resolved, status, ...handleOf(resolved) };
        return running;
      },
    );

    function handleOf(resolved: ResolvedAccount): { readonly handle?: AccountHandle } {
      if (resolved.account === undefined) return {};
      collectSecrets(resolved.account.config, secrets, redactor);
      const accountLog = withFields(log, { connector: id, account: resolved.id });
      return { handle: new AccountHandle(resolved, resolved.account, accountLog) };
    }
  });
}

export function statusOf({ resolved, status, handle }: RunningAccount): AccountStatus {
  const settings = Object.keys(resolved.connector.config.fields.shape);
  return {
    connector: resolved.connector.manifest.id,
    account: resolved.id,
    ...status.current,
    dropped: handle?.dropped ?? 0,
    gaps: status.gaps,
    issues: resolved.issues,
    notes: [...resolved.notes, ...(handle?.renameNotes ?? []), ...status.notes],
    origins: Object.fromEntries(settings.map((key) => [key, resolved.origin(key)])),
    ...optional("identity", handle?.bound?.identity),
    ...optional("name", status.name),
    ...optional("probe", status.probe),
    ...optional("lastInbound", handle?.lastInbound),
    ...optional("lastOutbound", handle?.lastOutbound),
  };
}

function optional<K extends string, V>(key: K, value: V | undefined): { readonly [key in K]?: V } {
  const entry: { [key in K]?: V } = {};
  if (value !== undefined) entry[key] = value;
  return entry;
}
