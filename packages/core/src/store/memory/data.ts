import type { StateEntry } from "../../contract/connection.js";
import { StoreError } from "../../contract/errors.js";
import type { ChatRecord, Lease, StoredEvent, StoredOperation } from "../port.js";

export interface StateRow {
  readonly entry: StateEntry;
  readonly expiresAt: number | undefined;
}

/** The part that made a platform message. The chat goes on under a new id, other than in the operation itself. */
export interface SentRow {
  readonly chat: string;
  readonly message: string;
  readonly operation: number;
  readonly index: number;
}

/** What belongs to one identity and has no number of its own. */
export interface IdentityData {
  readonly name: string;
  epoch: number;
  holder: Lease | undefined;
  /** Until when each event key is remembered, Unix ms. */
  readonly keys: Map<string, number>;
  readonly state: Map<string, StateRow>;
  readonly chats: Map<string, ChatRecord>;
  /** By chat and platform message id. */
  readonly sent: Map<string, SentRow>;
}

/** Everything kept. Rows are replaced, never changed, so that work which throws half-way cannot have changed one. */
export interface Data {
  readonly identities: Map<string, IdentityData>;
  /** By `seq`, in its order. */
  readonly events: Map<number, StoredEvent>;
  readonly operations: Map<number, StoredOperation>;
  /** When an operation that is not open any more came to its end, Unix ms. */
  readonly ended: Map<number, number>;
  lastEvent: number;
  lastOperation: number;
}

export function createData(): Data {
  return {
    identities: new Map(),
    events: new Map(),
    operations: new Map(),
    ended: new Map(),
    lastEvent: 0,
    lastOperation: 0,
  };
}

function identityData(data: Data, name: string): IdentityData {
  let identity = data.identities.get(name);
  if (identity === undefined) {
    identity = {
      name,
      epoch: 0,
      holder: undefined,
      keys: new Map(),
      state: new Map(),
      chats: new Map(),
      sent: new Map(),
    };
    data.identities.set(name, identity);
  }
  return identity;
}

export function takeLease(data: Data, name: string, owner: string): Lease | undefined {
  const identity = identityData(data, name);
  if (identity.holder !== undefined) return undefined;
  identity.epoch += 1;
  identity.holder = { identity: name, owner, epoch: identity.epoch };
  return identity.holder;
}

export function releaseLease(data: Data, lease: Lease): void {
  const identity = data.identities.get(lease.identity);
  if (identity?.holder?.epoch === lease.epoch) identity.holder = undefined;
}

/** What the lease gives the right to change. */
export function leased(data: Data, lease: Lease): IdentityData {
  const identity = data.identities.get(lease.identity);
  if (identity?.holder === undefined || identity.holder.epoch !== lease.epoch) {
    throw stale(`the lease of ${lease.identity} was released or given to another owner`);
  }
  return identity;
}

export function stale(message: string): StoreError {
  return new StoreError("stale", message);
}

/** A composed map key that no choice of ids can make ambiguous. */
export function compose(...ids: readonly string[]): string {
  return JSON.stringify(ids);
}

/** A copy as it would come back from a disk. Throws a `TypeError` for what JSON cannot carry. */
export function storable<T>(value: T): T {
  const json = JSON.stringify(value);
  if (json === undefined) throw new TypeError(`a ${typeof value} is not JSON`);
  const copy: T = JSON.parse(json);
  return copy;
}
