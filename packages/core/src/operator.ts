import { systemClock } from "./clock.js";
import { knownAccounts } from "./connection/account-record.js";
import type { Clock } from "./contract/connection.js";
import { Rejected } from "./contract/errors.js";
import { noSuchRequest, Pairing, type PairingAccount } from "./policy/pairing.js";
import type { ConnectorRuntime, RuntimeOptions } from "./runtime-types.js";
import { segment } from "./session/key.js";
import type { Lease, Store } from "./store/port.js";

const MAX_LISTED = 1_000;

/** What the operator decides: who may write, and what becomes of dead letters. */
export type Operator = Pick<ConnectorRuntime, "pairing" | "deadLetters">;

export interface OperatorOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** How long an operation that is tried again may take, in ms; 0 for ever. */
  readonly operationMaxAgeMs: number;
  /** Repeats changes for which the store has no room right now. */
  readonly durably: <T>(change: () => Promise<T>) => Promise<T>;
  readonly accounts: () => readonly PairingAccount[];
  /** Takes up at once what became open again; without a running runtime the next one does. */
  readonly takeUp: (id: string, lease: Lease) => Promise<void>;
  readonly emit: NonNullable<RuntimeOptions["onEvent"]>;
}

export function createOperator(options: OperatorOptions): Operator {
  const { store, durably, clock, emit } = options;
  const pairing = new Pairing(store, clock);

  function accounts(connector: string, account: string | undefined): readonly PairingAccount[] {
    return options
      .accounts()
      .filter((each) => each.connector === connector && (account === undefined || each.account === account));
  }

  async function settleDeadLetter(id: string, verdict: "retry" | "drop"): Promise<Lease> {
    const letter = (await store.deadLetters(MAX_LISTED)).find((each) => each.id === id);
    const lease = options.accounts().find((each) => each.lease.identity === letter?.identity)?.lease;
    const at = clock.now();
    const expiresAt = options.operationMaxAgeMs === 0 ? 0 : at + options.operationMaxAgeMs;
    const isSettled =
      lease !== undefined &&
      (await durably(() => store.settleDeadLetter(lease, { id, verdict, at, expiresAt })));
    if (!isSettled) {
      throw new Rejected(`There is no dead letter ${id} of an account that is known here.`, {
        mend: "List the dead letters for their ids.",
      });
    }
    return lease;
  }

  return {
    pairing: {
      async list() {
        const owners = options.accounts();
        const requests = await Promise.all(owners.map((owner) => pairing.requests(owner)));
        const approved = await Promise.all(owners.map((owner) => pairing.approvals(owner)));
        const pressure = owners.map(({ connector, account }) => ({
          connector,
          account,
          waiting: 0,
          evicted: 0,
        }));
        return { requests: requests.flat(), approved: approved.flat(), pressure };
      },
      async revoke(connector, sender, { account } = {}) {
        for (const owner of accounts(connector, account)) {
          const known = (await pairing.approvals(owner)).find((each) => each.sender === sender);
          if (known === undefined) continue;
          const key = `pairing/approved/${segment(sender)}`;
          await durably(() => store.stateBatch(owner.lease, [{ key, value: undefined }], clock.now()));
          return;
        }
        throw new Rejected(`No sender ${sender} of ${connector} is approved.`, {
          mend: "List the pairings for the senders' ids.",
        });
      },
      async log(limit) {
        const owners = options.accounts();
        const approved = (await Promise.all(owners.map((owner) => pairing.approvals(owner)))).flat();
        const requests = (await Promise.all(owners.map((owner) => pairing.requests(owner)))).flat();
        return [
          ...approved.map(({ connector, account, sender, approvedAt, by }) => ({
            at: approvedAt,
            connector,
            account,
            action: "approved",
            sender,
            by,
          })),
          ...requests.map(({ connector, account, sender, createdAt }) => ({
            at: createdAt,
            connector,
            account,
            action: "requested",
            sender,
            by: sender,
          })),
        ]
          .sort((a, b) => b.at - a.at)
          .slice(0, limit);
      },
      async approve(connector, code, { account, by = "operator" } = {}) {
        for (const owner of accounts(connector, account)) {
          const approval = await durably(() => pairing.approve(owner, code, by));
          if (approval === undefined) continue;
          emit({ type: "pairing-approved", approval });
          return approval;
        }
        throw noSuchRequest(connector);
      },
      async deny(connector, code, { account } = {}) {
        for (const owner of accounts(connector, account)) {
          if (await durably(() => pairing.deny(owner, code))) return;
        }
        throw noSuchRequest(connector);
      },
    },
    deadLetters: {
      list: () => store.deadLetters(MAX_LISTED),
      async retry(id) {
        await options.takeUp(id, await settleDeadLetter(id, "retry"));
      },
      async drop(id) {
        await settleDeadLetter(id, "drop");
      },
    },
  };
}

export interface StoreOperatorOptions {
  readonly clock?: Clock;
  /** As `RuntimeLimits.operationMaxAgeMs`. Default 24 hours. */
  readonly operationMaxAgeMs?: number;
}

/**
 * The operator's doors over a store that no runtime uses, such as a stopped host's. Takes the leases of every account that was
 * ever connected; `release` gives them back.
 */
export async function openStoreOperator(
  store: Store,
  { clock = systemClock, operationMaxAgeMs = 24 * 60 * 60_000 }: StoreOperatorOptions = {},
): Promise<Operator & { release(): Promise<void> }> {
  const accounts: PairingAccount[] = [];
  for (const { connector, account, identity } of await knownAccounts(store, clock)) {
    const lease = await store.lease(identity, "operator");
    if (lease !== undefined) accounts.push({ connector, account, lease });
  }
  const operator = createOperator({
    store,
    clock,
    operationMaxAgeMs,
    durably: (change) => change(),
    accounts: () => accounts,
    takeUp: async () => {},
    emit: () => {},
  });
  return {
    ...operator,
    async release() {
      for (const { lease } of accounts.splice(0)) await store.release(lease);
    },
  };
}
