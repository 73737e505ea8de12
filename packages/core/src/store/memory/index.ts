import { StoreError } from "../../contract/errors.js";
import type { AcceptRequest, Lease, NewEvent, Store } from "../port.js";
import { alias } from "./alias.js";
import { createData, type IdentityData, leased, releaseLease, storable, takeLease } from "./data.js";
import { deadLetters, settleDeadLetter } from "./dead-letters.js";
import * as events from "./events.js";
import { history, sessionSince } from "./history.js";
import * as operations from "./operations.js";
import { prune } from "./prune.js";
import * as state from "./state.js";

export interface MemoryStoreOptions {
  /** Numbers from 0 to 1 that decide how often each call yields. Default `Math.random`. */
  readonly random?: () => number;
}

/**
 * A store that forgets everything with the process; for tests. Every call lets 0 to 3 turns of the event loop pass, at random,
 * before it does its work at once: calls that were not awaited are done in any order, so that a caller which relies
 * on the order of a particular database fails here. Values are copied on the way in and out.
 */
export function createMemoryStore(options: MemoryStoreOptions = {}): Store {
  const random = options.random ?? Math.random;
  const data = createData();
  let closed = false;

  async function run<T>(work: () => T): Promise<T> {
    if (!closed) await yieldAtRandom(random);
    if (closed) throw new StoreError("closed", "the in-memory store is shut down");
    return structuredClone(work());
  }

  /** Arguments are copied when the call is made, as if they were written down then. */
  async function runAs<R, T>(
    lease: Lease,
    request: R,
    work: (identity: IdentityData, request: R) => T,
  ): Promise<T> {
    const copy = storable(request);
    return run(() => work(leased(data, lease), copy));
  }

  return {
    lease: (identity, owner) => run(() => takeLease(data, identity, owner)),
    release: (lease) => run(() => releaseLease(data, lease)),

    async accept(lease, request) {
      const acceptance = take(request);
      return run(() => events.accept(data, leased(data, lease), acceptance));
    },
    unfinished: (identity, after, limit) => run(() => events.unfinished(data, identity, after, limit)),
    events: (seqs) => run(() => events.findEvents(data, seqs)),
    recentEvents: (query) => run(() => events.recentEvents(data, query)),
    begin: (lease, request) => runAs(lease, request, (identity, copy) => events.begin(data, identity, copy)),
    finish: (lease, request) =>
      runAs(lease, request, (identity, copy) => events.finish(data, identity, copy)),
    rewrite: (lease, request) =>
      runAs(lease, request, (identity, copy) => events.rewrite(data, identity, copy)),
    postpone: (lease, request) =>
      runAs(lease, request, (identity, copy) => events.postpone(data, identity, copy)),
    history: (session, query) => run(() => history(data, session, query)),
    sessionSince: (session, query) => run(() => sessionSince(data, session, query)),

    enqueue: (lease, added) =>
      runAs(lease, added, (identity, copy) => operations.enqueue(data, identity, copy)),
    openOperations: (identity, after, limit) =>
      run(() => operations.openOperations(data, identity, after, limit)),
    operations: (seqs) => run(() => operations.findOperations(data, seqs)),
    operationsOfTurn: (turn) => run(() => operations.operationsOfTurn(data, turn)),
    spooled: () => run(() => operations.spooled(data)),
    attempt: (lease, request) =>
      runAs(lease, request, (identity, copy) => operations.attempt(data, identity, copy)),
    settle: (lease, request) =>
      runAs(lease, request, (identity, copy) => operations.settle(data, identity, copy)),
    close: (lease, request) =>
      runAs(lease, request, (identity, copy) => operations.closeOperation(data, identity, copy)),
    operationOfMessage: (identity, chat, message) =>
      run(() => operations.operationOfMessage(data, identity, chat, message)),
    receipt: (lease, request) =>
      runAs(lease, request, (identity, copy) => operations.receipt(data, identity, copy)),

    deadLetters: (limit) => run(() => deadLetters(data, limit)),
    settleDeadLetter: (lease, request) =>
      runAs(lease, request, (identity, copy) => settleDeadLetter(data, identity, copy)),

    stateGet: (identity, key, at) => run(() => state.stateGet(data, identity, key, at)),
    stateList: (identity, prefix, query) => run(() => state.stateList(data, identity, prefix, query)),
    stateBatch: (lease, changes, at) =>
      runAs(lease, changes, (identity, copy) => state.applyChanges(identity, copy, at)),
    putChat: (lease, record) => runAs(lease, record, (identity, copy) => state.putChat(identity, copy)),
    chat: (identity, chat, thread) => run(() => state.findChat(data, identity, chat, thread)),
    alias: (lease, old, now, changes = []) =>
      runAs(lease, changes, (identity, copy) => {
        state.applyChanges(identity, copy, 0);
        alias(data, identity, old, now);
      }),

    identities: () => run(() => [...data.identities.keys()]),
    counts: (identity) => run(() => events.counts(data, identity)),
    prune: (query) => run(() => prune(data, query)),
    async shutdown() {
      closed = true;
    },
  };
}

function take(request: AcceptRequest): events.Acceptance {
  const { at, keysUntil, cursor } = request;
  return {
    events: request.events.map(takeEvent),
    cursor: cursor === undefined ? undefined : storable(cursor),
    at,
    keysUntil,
  };
}

function takeEvent(added: NewEvent): events.Taken {
  try {
    return { added: storable(added) };
  } catch (error) {
    return { reason: `the event is not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** The most turns of the event loop that a call lets pass. */
const MAX_YIELDS = 3;

async function yieldAtRandom(random: () => number): Promise<void> {
  const turns = Math.min(MAX_YIELDS, Math.floor(random() * (MAX_YIELDS + 1)));
  for (let turn = 0; turn < turns; turn++) {
    if (random() < 0.5) await Promise.resolve();
    else await new Promise<void>((resolve) => setImmediate(resolve));
  }
}
