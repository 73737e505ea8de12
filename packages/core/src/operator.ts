import type { AccountHandle } from "./connection/handle.js";
import type { Clock } from "./contract/connection.js";
import { Rejected } from "./contract/errors.js";
import type { Durably } from "./durable.js";
import type { Lanes } from "./lanes/lanes.js";
import type { Outbox } from "./outbox/outbox.js";
import { noSuchRequest, type Pairing, type PairingAccount } from "./policy/pairing.js";
import type { ConnectorRuntime, RuntimeOptions } from "./runtime-types.js";
import type { DeadLetter, Store } from "./store/port.js";

const MAX_LISTED = 1_000;

export interface OperatorOptions {
  readonly store: Store;
  readonly durably: Durably;
  readonly pairing: Pairing;
  readonly lanes: Lanes;
  readonly outbox: Outbox;
  readonly clock: Clock;
  /** Unix time in ms at which an operation queued now expires; 0 for never. */
  readonly expiryOfOperations: () => number;
  readonly emit: NonNullable<RuntimeOptions["onEvent"]>;
  readonly handles: () => readonly AccountHandle[];
}

/** What the operator decides: who may write, and what becomes of dead letters. */
export function operatorDoors(options: OperatorOptions): Pick<ConnectorRuntime, "pairing" | "deadLetters"> {
  const { store, durably, pairing, lanes, outbox, clock, emit } = options;

  function accounts(connector?: string, account?: string): readonly PairingAccount[] {
    return options.handles().flatMap((handle) => {
      const { id } = handle.connector.manifest;
      if (handle.bound === undefined) return [];
      if ((connector !== undefined && id !== connector) || (account !== undefined && handle.id !== account))
        return [];
      return [{ connector: id, account: handle.id, lease: handle.bound.lease }];
    });
  }

  async function settleDeadLetter(
    id: string,
    verdict: "retry" | "drop",
  ): Promise<{ letter: DeadLetter; handle: AccountHandle }> {
    const letter = (await store.deadLetters(MAX_LISTED)).find((each) => each.id === id);
    const handle = options
      .handles()
      .find(({ bound }) => bound !== undefined && bound.identity === letter?.identity);
    if (letter === undefined || handle === undefined) throw noSuchDeadLetter(id);
    const request = { id, verdict, at: clock.now(), expiresAt: options.expiryOfOperations() };
    if (!(await durably.do(() => store.settleDeadLetter(handle.owner.lease, request))))
      throw noSuchDeadLetter(id);
    return { letter, handle };
  }

  return {
    pairing: {
      async list() {
        const owners = accounts();
        const requests = await Promise.all(owners.map((owner) => pairing.requests(owner)));
        const approved = await Promise.all(owners.map((owner) => pairing.approvals(owner)));
        return { requests: requests.flat(), approved: approved.flat() };
      },
      async approve(connector, code, { account, by = "operator" } = {}) {
        for (const owner of accounts(connector, account)) {
          const approval = await durably.do(() => pairing.approve(owner, code, by));
          if (approval === undefined) continue;
          emit({ type: "pairing-approved", approval });
          return approval;
        }
        throw noSuchRequest(connector);
      },
      async deny(connector, code, { account } = {}) {
        for (const owner of accounts(connector, account)) {
          if (await durably.do(() => pairing.deny(owner, code))) return;
        }
        throw noSuchRequest(connector);
      },
    },
    deadLetters: {
      list: () => store.deadLetters(MAX_LISTED),
      async retry(id) {
        const { letter, handle } = await settleDeadLetter(id, "retry");
        const seq = Number(id.split(":")[1]);
        if (id.startsWith("event:")) lanes.push(letter.identity, await store.events([seq]));
        else for (const operation of await store.operations([seq])) outbox.push(handle, operation);
      },
      async drop(id) {
        await settleDeadLetter(id, "drop");
      },
    },
  };
}

function noSuchDeadLetter(id: string): Rejected {
  return new Rejected(`There is no dead letter ${id} of an account that is running.`, {
    mend: "List the dead letters for their ids.",
  });
}
