import { StoreError } from "../../contract/errors.js";
import type { InboundEvent } from "../../contract/event.js";
import { type Decision, FATES, type Fate } from "../../contract/fate.js";
import type { AcceptRequest, AcceptResult, EventHead, FinishRequest, Lease, StoredEvent } from "../port.js";
import { type Database, integer, optionalNumber, optionalText, type Row, text, wholeMs } from "./database.js";
import { insertOperation } from "./operations.js";
import { applyStateChanges, putState } from "./state.js";

const HEAD = "seq, session, lane, ord, due_at";

export function accept(db: Database, lease: Lease, request: AcceptRequest): Promise<readonly AcceptResult[]> {
  const bodies = request.events.map(({ event }) => serialise(event));
  return db.writeAs(lease, (identity) => {
    const results = request.events.map(({ event, session, lane }, index): AcceptResult => {
      const body = bodies[index];
      if (body === undefined || body.json === undefined)
        return { status: "refused", reason: body?.reason ?? "not storable" };
      if (!rememberKeys(db, identity, event.keys, request)) return { status: "duplicate" };
      const seq = db.nextNumber("events");
      db.run(
        "INSERT INTO events (seq, identity, session, lane, ord, body, received_at, fate, reason, rule) VALUES (?, ?, ?, ?, ?, ?, ?, 'accepted', ?, 'inbox')",
        seq,
        identity,
        session,
        lane ?? null,
        event.order ?? null,
        body.json,
        wholeMs(request.at),
        FATES.accepted,
      );
      return { status: "accepted", seq };
    });
    if (request.cursor !== undefined)
      putState(db, identity, `cursor/${request.cursor.name}`, request.cursor.value);
    return results;
  });
}

/** All keys or none; false when one of them is remembered already. */
function rememberKeys(
  db: Database,
  identity: number,
  keys: readonly string[],
  { at, keysUntil }: AcceptRequest,
): boolean {
  const names = [...new Set(keys)];
  for (const [index, key] of names.entries()) {
    const { changes } = db.run(
      `INSERT INTO event_keys (identity, key, expires_at) VALUES (?, ?, ?)
       ON CONFLICT (identity, key) DO UPDATE SET expires_at = excluded.expires_at WHERE expires_at <= ?`,
      identity,
      key,
      wholeMs(keysUntil),
      at,
    );
    if (changes > 0) continue;
    for (const added of names.slice(0, index))
      db.run("DELETE FROM event_keys WHERE identity = ? AND key = ?", identity, added);
    return false;
  }
  return true;
}

function serialise(event: InboundEvent): { json?: string; reason?: string } {
  try {
    return { json: JSON.stringify(event) };
  } catch (error) {
    return { reason: `the event is not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
}

export function unfinished(
  db: Database,
  identity: string,
  after: number,
  limit: number,
): Promise<readonly EventHead[]> {
  return db.read(() =>
    db
      .all(
        `SELECT ${HEAD} FROM events WHERE identity = ? AND seq > ? AND fate IN ('accepted', 'admitted') ORDER BY seq LIMIT ?`,
        db.identity(identity),
        after,
        limit,
      )
      .map(toHead),
  );
}

const STORED = `SELECT e.*, i.name AS identity_name FROM events e JOIN identities i ON i.id = e.identity`;

export function events(db: Database, seqs: readonly number[]): Promise<readonly StoredEvent[]> {
  return db.read(() => seqs.flatMap((seq) => db.all(`${STORED} WHERE e.seq = ?`, seq)).map(toStored));
}

export function recentEvents(
  db: Database,
  options: { identity?: string; session?: string; before?: number; limit: number },
): Promise<readonly StoredEvent[]> {
  const { identity, session, before = Number.MAX_SAFE_INTEGER, limit } = options;
  return db.read(() => {
    const ofIdentity = identity === undefined ? [] : [db.identity(identity)];
    const ofSession = session === undefined ? [] : [session];
    const where = [
      ...ofIdentity.map(() => "e.identity = ?"),
      ...ofSession.map(() => "e.session = ?"),
      "e.seq < ?",
    ].join(" AND ");
    return db
      .all(`${STORED} WHERE ${where} ORDER BY e.seq DESC LIMIT ?`, ...ofIdentity, ...ofSession, before, limit)
      .map(toStored);
  });
}

export function begin(
  db: Database,
  lease: Lease,
  request: { readonly events: readonly number[]; readonly decision: Decision; readonly at: number },
): Promise<number> {
  const { decision } = request;
  return db.writeAs(lease, (identity) => {
    // All events of a turn share its number, so that a turn cut differently later cannot reuse one.
    const attempts = request.events.map((seq) => {
      const row = db.get(
        `UPDATE events SET fate = ?, reason = ?, rule = ?, path = ?, attempts = attempts + 1, due_at = 0, started_at = coalesce(started_at, ?)
         WHERE seq = ? AND identity = ? AND fate IN ('accepted', 'admitted') RETURNING attempts`,
        decision.fate,
        decision.reason,
        decision.rule,
        decision.path ?? null,
        wholeMs(request.at),
        seq,
        identity,
      );
      if (row === undefined) throw new StoreError("stale", `event ${seq} is not open`);
      return integer(row["attempts"]);
    });
    const attempt = Math.max(...attempts);
    for (const [index, seq] of request.events.entries())
      if (attempts[index] !== attempt) db.run("UPDATE events SET attempts = ? WHERE seq = ?", attempt, seq);
    return attempt;
  });
}

export function finish(db: Database, lease: Lease, request: FinishRequest): Promise<readonly number[]> {
  const { decision } = request;
  return db.writeAs(lease, (identity) => {
    for (const seq of request.events) {
      const { changes } = db.run(
        `UPDATE events SET fate = ?, reason = ?, rule = ?, path = ?, finished_at = ?, due_at = 0, attempts = ?, started_at = coalesce(started_at, ?)
         WHERE seq = ? AND identity = ? AND attempts <= ? AND fate IN ('accepted', 'admitted')`,
        decision.fate,
        decision.reason,
        decision.rule,
        decision.path ?? null,
        wholeMs(request.at),
        request.attempt,
        request.startedAt === undefined ? null : wholeMs(request.startedAt),
        seq,
        identity,
        request.attempt,
      );
      if (changes === 0)
        throw new StoreError("stale", `event ${seq} was finished, or a newer attempt has begun`);
    }
    if (request.state !== undefined && !applyStateChanges(db, identity, request.state, request.at)) {
      throw new StoreError("stale", "a value that the turn depends on was changed meanwhile");
    }
    return request.operations.map((operation) => insertOperation(db, identity, operation));
  });
}

export async function rewrite(
  db: Database,
  lease: Lease,
  request: { readonly seq: number; readonly event: InboundEvent },
): Promise<void> {
  const body = JSON.stringify(request.event);
  return db.writeAs(lease, (identity) => {
    const { changes } = db.run(
      "UPDATE events SET body = ? WHERE seq = ? AND identity = ? AND fate IN ('accepted', 'admitted')",
      body,
      request.seq,
      identity,
    );
    if (changes === 0) throw new StoreError("stale", `event ${request.seq} is not open`);
  });
}

export function postpone(
  db: Database,
  lease: Lease,
  request: { readonly events: readonly number[]; readonly dueAt: number; readonly reason: string },
): Promise<void> {
  return db.writeAs(lease, (identity) => {
    for (const seq of request.events) {
      const { changes } = db.run(
        "UPDATE events SET due_at = ?, reason = ? WHERE seq = ? AND identity = ? AND fate IN ('accepted', 'admitted')",
        wholeMs(request.dueAt),
        request.reason,
        seq,
        identity,
      );
      if (changes === 0) throw new StoreError("stale", `event ${seq} is not open`);
    }
  });
}

function toHead(row: Row): EventHead {
  return {
    seq: integer(row["seq"]),
    session: text(row["session"]),
    lane: optionalText(row["lane"]),
    order: optionalNumber(row["ord"]),
    dueAt: integer(row["due_at"]),
  };
}

function toStored(row: Row): StoredEvent {
  const path = optionalText(row["path"]);
  return {
    ...toHead(row),
    identity: text(row["identity_name"]),
    event: JSON.parse(text(row["body"])),
    receivedAt: integer(row["received_at"]),
    attempts: integer(row["attempts"]),
    startedAt: optionalNumber(row["started_at"]),
    finishedAt: optionalNumber(row["finished_at"]),
    decision: {
      fate: toFate(text(row["fate"])),
      reason: text(row["reason"]),
      rule: text(row["rule"]),
      ...(path === undefined ? {} : { path }),
    },
  };
}

export function toFate(value: string): Fate {
  if (isFate(value)) return value;
  throw new StoreError("broken", `"${value}" is not a fate of this release`);
}

function isFate(value: string): value is Fate {
  return Object.hasOwn(FATES, value);
}
