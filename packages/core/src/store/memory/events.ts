import type { Cursor, StateChange } from "../../contract/connection.js";
import type { InboundEvent } from "../../contract/event.js";
import { type Decision, FATES, type Fate } from "../../contract/fate.js";
import type { AcceptResult, EventHead, FinishRequest, NewEvent, StoredEvent } from "../port.js";
import { type Data, type IdentityData, stale } from "./data.js";
import { addOperation, checkKeys } from "./operations.js";
import { applyChanges, putState } from "./state.js";

/** An event as it was taken from the caller, or why it could not be. */
export type Taken = { readonly added: NewEvent } | { readonly reason: string };

export interface Acceptance {
  readonly events: readonly Taken[];
  readonly cursor: Cursor | undefined;
  readonly at: number;
  readonly keysUntil: number;
}

export function isOpen(event: StoredEvent): boolean {
  return event.decision.fate === "accepted" || event.decision.fate === "admitted";
}

export function accept(data: Data, identity: IdentityData, request: Acceptance): readonly AcceptResult[] {
  const results = request.events.map((taken): AcceptResult => {
    if ("reason" in taken) return { status: "refused", reason: taken.reason };
    const { event, session, lane } = taken.added;
    if (event.keys.some((key) => (identity.keys.get(key) ?? 0) > request.at)) return { status: "duplicate" };
    for (const key of event.keys) identity.keys.set(key, request.keysUntil);
    data.lastEvent += 1;
    const seq = data.lastEvent;
    data.events.set(seq, {
      seq,
      identity: identity.name,
      session,
      lane,
      event,
      order: event.order,
      receivedAt: request.at,
      dueAt: 0,
      attempts: 0,
      startedAt: undefined,
      finishedAt: undefined,
      decision: { fate: "accepted", reason: FATES.accepted, rule: "inbox" },
    });
    return { status: "accepted", seq };
  });
  const { cursor } = request;
  if (cursor !== undefined)
    putState(identity, { key: `cursor/${cursor.name}`, value: cursor.value }, request.at);
  return results;
}

export function unfinished(data: Data, identity: string, after: number, limit: number): readonly EventHead[] {
  const heads: EventHead[] = [];
  for (const event of data.events.values()) {
    if (heads.length >= limit) break;
    if (event.identity !== identity || event.seq <= after || !isOpen(event)) continue;
    const { seq, session, lane, order, dueAt } = event;
    heads.push({ seq, session, lane, order, dueAt });
  }
  return heads;
}

export function findEvents(data: Data, seqs: readonly number[]): readonly StoredEvent[] {
  return seqs.flatMap((seq) => data.events.get(seq) ?? []);
}

export interface RecentOptions {
  readonly identity?: string;
  readonly session?: string;
  readonly before?: number;
  readonly limit: number;
}

export function recentEvents(data: Data, options: RecentOptions): readonly StoredEvent[] {
  const { identity, session, before = Number.POSITIVE_INFINITY, limit } = options;
  return [...data.events.values()]
    .filter((event) => event.seq < before)
    .filter((event) => identity === undefined || event.identity === identity)
    .filter((event) => session === undefined || event.session === session)
    .reverse()
    .slice(0, limit);
}

export interface BeginRequest {
  readonly events: readonly number[];
  readonly decision: Decision;
  readonly at: number;
}

/** All events of a turn share its attempt number, so that a turn cut differently later cannot reuse one. */
export function begin(data: Data, identity: IdentityData, request: BeginRequest): number {
  const events = openEvents(data, identity, request.events);
  const attempt = Math.max(0, ...events.map((event) => event.attempts)) + 1;
  for (const event of events) {
    replace(data, event, {
      decision: request.decision,
      attempts: attempt,
      dueAt: 0,
      startedAt: event.startedAt ?? request.at,
    });
  }
  return attempt;
}

export function finish(data: Data, identity: IdentityData, request: FinishRequest): readonly number[] {
  const events = openEvents(data, identity, request.events);
  const newer = events.find((event) => event.attempts > request.attempt);
  if (newer !== undefined) throw stale(`attempt ${newer.attempts} of event ${newer.seq} has begun`);
  checkKeys(data, request.operations);
  const changes: readonly StateChange[] = request.state ?? [];
  if (!applyChanges(identity, changes, request.at)) {
    throw stale("a value that the turn depends on was changed meanwhile");
  }
  for (const event of events) {
    replace(data, event, {
      decision: request.decision,
      dueAt: 0,
      finishedAt: request.at,
      attempts: request.attempt,
      startedAt: event.startedAt ?? request.startedAt,
    });
  }
  return request.operations.map((operation) => addOperation(data, identity, operation));
}

export interface RewriteRequest {
  readonly seq: number;
  readonly event: InboundEvent;
}

export function rewrite(data: Data, identity: IdentityData, request: RewriteRequest): void {
  for (const event of openEvents(data, identity, [request.seq]))
    replace(data, event, { event: request.event });
}

export interface PostponeRequest {
  readonly events: readonly number[];
  readonly dueAt: number;
  readonly reason: string;
}

export function postpone(data: Data, identity: IdentityData, request: PostponeRequest): void {
  for (const event of openEvents(data, identity, request.events)) {
    replace(data, event, { dueAt: request.dueAt, decision: { ...event.decision, reason: request.reason } });
  }
}

export function counts(data: Data, identity: string): Readonly<Partial<Record<Fate, number>>> {
  const result: Partial<Record<Fate, number>> = {};
  for (const { identity: name, decision } of data.events.values()) {
    if (name === identity) result[decision.fate] = (result[decision.fate] ?? 0) + 1;
  }
  return result;
}

function openEvents(data: Data, identity: IdentityData, seqs: readonly number[]): readonly StoredEvent[] {
  return seqs.map((seq) => {
    const event = data.events.get(seq);
    if (event === undefined || event.identity !== identity.name || !isOpen(event)) {
      throw stale(`event ${seq} is not an unfinished event of ${identity.name}`);
    }
    return event;
  });
}

export function replace(data: Data, event: StoredEvent, changes: Partial<StoredEvent>): void {
  data.events.set(event.seq, { ...event, ...changes });
}
