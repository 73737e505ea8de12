import type { Store } from "../port.js";
import { Database } from "./database.js";
import * as events from "./events.js";
import { history, sessionSince } from "./history.js";
import * as maintenance from "./maintenance.js";
import type { SqliteStoreOptions } from "./open.js";
import * as operations from "./operations.js";
import { spooled } from "./spooled.js";
import * as state from "./state.js";

export type { SqliteStoreOptions } from "./open.js";

/**
 * Opens the embedded store, on `node:sqlite`. The file is made, with mode 0600, and brought to this release's schema.
 * One process at a time has it.
 *
 * @throws StoreError `held` while another process has it, `broken` when it cannot be opened or is no database of ours
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const db = new Database(options);
  return {
    lease: (identity, owner) => db.lease(identity, owner),
    release: (lease) => db.release(lease),
    accept: (lease, request) => events.accept(db, lease, request),
    unfinished: (identity, after, limit) => events.unfinished(db, identity, after, limit),
    events: (seqs) => events.events(db, seqs),
    recentEvents: (query) => events.recentEvents(db, query),
    begin: (lease, request) => events.begin(db, lease, request),
    finish: (lease, request) => events.finish(db, lease, request),
    rewrite: (lease, request) => events.rewrite(db, lease, request),
    postpone: (lease, request) => events.postpone(db, lease, request),
    history: (session, query) => history(db, session, query),
    sessionSince: (session, query) => sessionSince(db, session, query),
    enqueue: (lease, added) => operations.enqueue(db, lease, added),
    openOperations: (identity, after, limit) => operations.openOperations(db, identity, after, limit),
    operations: (seqs) => operations.operations(db, seqs),
    operationsOfTurn: (turn) => operations.operationsOfTurn(db, turn),
    spooled: () => spooled(db),
    attempt: (lease, request) => operations.attempt(db, lease, request),
    settle: (lease, request) => operations.settle(db, lease, request),
    close: (lease, request) => operations.close(db, lease, request),
    operationOfMessage: (identity, chat, message) =>
      operations.operationOfMessage(db, identity, chat, message),
    receipt: (lease, request) => operations.receipt(db, lease, request),
    deadLetters: (limit) => maintenance.deadLetters(db, limit),
    settleDeadLetter: (lease, request) => maintenance.settleDeadLetter(db, lease, request),
    stateGet: (identity, key, at) => state.stateGet(db, identity, key, at),
    stateList: (identity, prefix, query) => state.stateList(db, identity, prefix, query),
    stateBatch: (lease, changes, at) => state.stateBatch(db, lease, changes, at),
    putChat: (lease, record, at) => state.putChat(db, lease, record, at),
    chat: (identity, chat, thread) => state.chat(db, identity, chat, thread),
    alias: (lease, old, now, changes = []) => maintenance.alias(db, lease, old, now, changes),
    identities: () => maintenance.identities(db),
    counts: (identity) => maintenance.counts(db, identity),
    prune: (options) => maintenance.prune(db, options),
    async shutdown() {
      db.close();
    },
  };
}
