import type { Menu } from "../commands/menu.js";
import type { Clock, ConnectionContext, ConnectionStatus, StateStore } from "../contract/connection.js";
import { Transient } from "../contract/errors.js";
import type { Durably } from "../durable.js";
import type { Aliases } from "../inbox/aliases.js";
import type { Inbox } from "../inbox/inbox.js";
import type { Receipts } from "../outbox/receipts.js";
import type { Store } from "../store/port.js";
import type { AccountHandle } from "./handle.js";
import { connectionState } from "./state.js";

export interface ContextOptions {
  readonly handle: AccountHandle;
  readonly store: Store;
  readonly durably: Durably;
  readonly inbox: Inbox;
  readonly receipts: Receipts;
  readonly aliases: Aliases;
  readonly accountState: StateStore;
  readonly menu: Menu;
  readonly clock: Clock;
  readonly publicUrl: string | undefined;
  /** Ends with this life of the connection. */
  readonly signal: AbortSignal;
  readonly onSecret: (secret: string) => void;
  readonly onStatus: (status: ConnectionStatus) => void;
  readonly onGap: (reason: string) => void;
  readonly onNote: (key: string, text: string | undefined) => boolean;
}

/** What core lends a connection; see the contract. */
export function createContext(options: ContextOptions): ConnectionContext {
  const { handle, store, durably, inbox, clock, signal } = options;
  const { identity, lease } = handle.owner;
  return {
    connector: handle.connector.manifest.id,
    account: handle.id,
    identity,
    async receive(events, { cursor } = {}) {
      // The account may be linked to another identity by now; what this connection brings is not that one's.
      if (handle.owner.identity !== identity) throw new Transient("this connection is over");
      return inbox.receive(handle, events, cursor);
    },
    cursor: async (name) => (await store.stateGet(identity, cursorKey(name), clock.now()))?.value,
    delivered: (receipt) => options.receipts.record(handle, receipt),
    alias: (old, now) => options.aliases.record(handle, old, now),
    gap(reason) {
      handle.log.warn({ reason }, "events were lost");
      options.onGap(reason);
    },
    note(key, text) {
      if (signal.aborted) return;
      const isNew = options.onNote(key, text);
      if (isNew && text !== undefined) handle.log.warn({ note: key }, text);
    },
    status: (status) => {
      if (!signal.aborted) options.onStatus(status);
    },
    fail: (error) => {
      // Sockets complain more than once; what this one says after its end must not end its successor.
      if (!signal.aborted) handle.fail(error);
    },
    state: connectionState(store, durably, lease, clock),
    accountState: options.accountState,
    secret: options.onSecret,
    commands: options.menu.of(handle),
    log: handle.log,
    clock,
    ...(options.publicUrl === undefined ? {} : { publicUrl: options.publicUrl }),
    signal,
  };
}

/** Where `Store.accept` keeps a cursor. */
function cursorKey(name: string): string {
  return `cursor/${name}`;
}
