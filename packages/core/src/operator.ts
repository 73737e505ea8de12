import { ApprovalBook } from "./approvals/book.js";
import type { ApprovalRequest, StoredDecision } from "./approvals/records.js";
import { systemClock } from "./clock.js";
import { knownAccounts } from "./connection/account-record.js";
import type { Clock } from "./contract/connection.js";
import { Rejected } from "./contract/errors.js";
import { noSuchRequest, notPaired } from "./policy/pairing/codes.js";
import { Pairing } from "./policy/pairing/pairing.js";
import type { PairingAccount } from "./policy/pairing/records.js";
import { Registry } from "./policy/pairing/registry.js";
import type { ConnectorRuntime, RuntimeOptions } from "./runtime-types.js";
import type { Lease, Store } from "./store/port.js";

const MAX_LISTED = 1_000;

/** What the operator decides: who may write, what the agent may do, and what becomes of dead letters. */
export type Operator = Pick<ConnectorRuntime, "pairing" | "approvals" | "deadLetters">;

export interface OperatorOptions {
  readonly store: Store;
  readonly pairing: Pairing;
  readonly book: ApprovalBook;
  /** An approval was decided; without a running runtime the next one tells of it. */
  readonly decided: (owner: PairingAccount, decision: StoredDecision) => void;
  readonly clock: Clock;
  /** How long an operation that is tried again may take, in ms; 0 for ever. */
  readonly operationMaxAgeMs: number;
  /** Repeats changes for which the store has no room right now. */
  readonly durably: <T>(change: () => Promise<T>) => Promise<T>;
  readonly accounts: () => readonly PairingAccount[];
  /** Takes up at once what became open again; without a running runtime the next one does. */
  readonly takeUp: (id: string, lease: Lease) => Promise<void>;
  readonly emit: NonNullable<RuntimeOptions["onEvent"]>;
  /** Somebody is no longer let in. */
  readonly tightened: (lease: Lease) => void;
}

export function createOperator(options: OperatorOptions): Operator {
  const { store, pairing, book, durably, clock, emit } = options;

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

  async function rule(id: string, status: "approved" | "denied", by: string): Promise<ApprovalRequest> {
    const { owner, decision } = await book.rule(options.accounts(), id, status, by);
    options.decided(owner, decision);
    return book.shown(owner, decision);
  }

  return {
    pairing: {
      async list() {
        const owners = options.accounts();
        const requests = await Promise.all(owners.map((owner) => pairing.requests(owner)));
        const approved = await Promise.all(owners.map((owner) => pairing.approvals(owner)));
        const pressure = await Promise.all(owners.map((owner) => pairing.pressure(owner)));
        return { requests: requests.flat(), approved: approved.flat(), pressure };
      },
      async approve(connector, code, { account, by = "operator" } = {}) {
        for (const owner of accounts(connector, account)) {
          const approval = await pairing.approve(owner, code, by);
          if (approval === undefined) continue;
          emit({ type: "pairing-approved", approval });
          return approval;
        }
        throw noSuchRequest(connector);
      },
      async deny(connector, code, { account, by = "operator" } = {}) {
        for (const owner of accounts(connector, account)) {
          if (await pairing.deny(owner, code, by)) return;
        }
        throw noSuchRequest(connector);
      },
      async revoke(connector, sender, { account, by = "operator" } = {}) {
        let isRevoked = false;
        for (const owner of accounts(connector, account)) {
          if (!(await pairing.revoke(owner, sender, by))) continue;
          options.tightened(owner.lease);
          isRevoked = true;
        }
        if (!isRevoked) throw notPaired(connector, sender);
      },
      async log(limit) {
        const logs = await Promise.all(options.accounts().map((owner) => pairing.log(owner)));
        return logs
          .flat()
          .sort((a, b) => b.at - a.at)
          .slice(0, limit);
      },
    },
    approvals: {
      async list() {
        return (await Promise.all(options.accounts().map((owner) => book.requests(owner)))).flat();
      },
      approve: (id, { by = "operator" } = {}) => rule(id, "approved", by),
      deny: (id, { by = "operator" } = {}) => rule(id, "denied", by),
      async log(limit) {
        const logs = await Promise.all(options.accounts().map((owner) => book.log(owner)));
        return logs
          .flat()
          .sort((a, b) => b.at - a.at)
          .slice(0, limit);
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
  const durably = <T>(change: () => Promise<T>) => change();
  const operator = createOperator({
    store,
    pairing: new Pairing(new Registry(store, clock, durably)),
    book: new ApprovalBook({ store, clock, durably, redact: (text) => text }),
    decided: () => {},
    clock,
    operationMaxAgeMs,
    durably,
    accounts: () => accounts,
    takeUp: async () => {},
    emit: () => {},
    tightened: () => {},
  });
  return {
    ...operator,
    async release() {
      for (const { lease } of accounts.splice(0)) await store.release(lease);
    },
  };
}
