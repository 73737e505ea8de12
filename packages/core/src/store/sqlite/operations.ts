import { StoreError } from "../../contract/errors.js";
import type { OperationState, Part, PartState } from "../../contract/operation.js";
import type {
  AttemptRequest,
  Lease,
  NewOperation,
  OperationHead,
  SettleRequest,
  StoredOperation,
  StoredPart,
} from "../port.js";
import { type Database, integer, optionalNumber, optionalText, type Row, text, wholeMs } from "./database.js";

/** Part of a write. */
export function insertOperation(db: Database, identity: number, operation: NewOperation): number {
  const seq = db.nextNumber("operations");
  db.run(
    "INSERT INTO operations (seq, identity, key, lane, session, turn, body, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    seq,
    identity,
    operation.key,
    operation.lane,
    operation.session ?? null,
    operation.turn ?? null,
    JSON.stringify(operation.operation),
    wholeMs(operation.createdAt),
    wholeMs(operation.expiresAt),
  );
  const { announced = [], createdAt } = operation;
  const { chat } = operation.operation.to;
  for (const [position, part] of announced.entries())
    insertPart(
      db,
      { operation: seq, position, identity, chat },
      part,
      position === 0 ? createdAt : undefined,
    );
  return seq;
}

interface PartPlace {
  readonly operation: number;
  readonly position: number;
  readonly identity: number;
  readonly chat: string;
}

/** @param attemptedAt of a part whose first call is announced with it */
function insertPart(db: Database, place: PartPlace, part: Part, attemptedAt: number | undefined): void {
  const isAnnounced = attemptedAt !== undefined;
  db.run(
    "INSERT INTO parts (operation, position, identity, chat, body, state, attempts, attempted_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    place.operation,
    place.position,
    place.identity,
    place.chat,
    JSON.stringify(part),
    isAnnounced ? "attempting" : "queued",
    isAnnounced ? 1 : 0,
    isAnnounced ? wholeMs(attemptedAt) : null,
  );
}

export function enqueue(
  db: Database,
  lease: Lease,
  operations: readonly NewOperation[],
): Promise<readonly number[]> {
  return db.writeAs(lease, (identity) =>
    operations.map((operation) => insertOperation(db, identity, operation)),
  );
}

export function openOperations(
  db: Database,
  identity: string,
  after: number,
  limit: number,
): Promise<readonly OperationHead[]> {
  return db.read(() =>
    db
      .all(
        "SELECT seq, lane, due_at FROM operations WHERE identity = ? AND seq > ? AND state = 'open' ORDER BY seq LIMIT ?",
        db.identity(identity),
        after,
        limit,
      )
      .map((row) => ({ seq: integer(row["seq"]), lane: text(row["lane"]), dueAt: integer(row["due_at"]) })),
  );
}

const STORED = "SELECT o.*, i.name AS identity_name FROM operations o JOIN identities i ON i.id = o.identity";

export function operations(db: Database, seqs: readonly number[]): Promise<readonly StoredOperation[]> {
  return db.read(() =>
    seqs.flatMap((seq) => db.all(`${STORED} WHERE o.seq = ?`, seq)).map((row) => toStored(db, row)),
  );
}

export function operationsOfTurn(db: Database, turn: number): Promise<readonly StoredOperation[]> {
  return db.read(() =>
    db.all(`${STORED} WHERE o.turn = ? ORDER BY o.seq`, turn).map((row) => toStored(db, row)),
  );
}

export function attempt(db: Database, lease: Lease, request: AttemptRequest): Promise<void> {
  return db.writeAs(lease, (identity) => {
    const row = openOperation(db, identity, request.operation);
    // The first split holds, so that a repeated call is the same call.
    const isSplit = db.get("SELECT 1 FROM parts WHERE operation = ?", request.operation) !== undefined;
    if (request.parts !== undefined && !isSplit) {
      const { operation, index, at } = request;
      const chat = chatOf(text(row["body"]));
      for (const [position, part] of request.parts.entries())
        insertPart(db, { operation, position, identity, chat }, part, position === index ? at : undefined);
      if (index < request.parts.length) return;
    }
    markAttempting(db, request.operation, request.index, request.at);
  });
}

export function settle(db: Database, lease: Lease, request: SettleRequest): Promise<boolean> {
  return db.writeAs(lease, (identity) => {
    const { operation, state, at, next, operationState: ending } = request;
    const reason = ending === "done" ? undefined : request.error;
    // The usual case first: the call that ends an open operation needs no look at it.
    const isEnded =
      ending !== undefined && endOperation(db, { seq: operation, identity, state: ending, reason, at });
    const isOpen = isEnded || mayStillSettle(db, identity, request);
    const { changes } = db.run(
      // What left a call in doubt is told for good.
      `UPDATE parts SET state = ?, settled_at = ?, message = ?, chat = coalesce(?, chat), result = ?,
         error = coalesce(?, CASE WHEN uncertain > 0 THEN error END)
       WHERE operation = ? AND position = ? AND state <> 'sent'`,
      state,
      wholeMs(at),
      request.result?.message ?? null,
      request.result?.to?.chat ?? null,
      request.result === undefined ? null : JSON.stringify(request.result),
      request.error ?? null,
      operation,
      request.index,
    );
    if (changes === 0) throw noSuchPart(operation, request.index);
    if (isEnded || !isOpen) return false;
    if (request.dueAt !== undefined) {
      db.run("UPDATE operations SET due_at = ? WHERE seq = ?", wholeMs(request.dueAt), operation);
    }
    if (next !== undefined) markAttempting(db, operation, next, at);
    return true;
  });
}

/** Whether the operation is open; one that is not takes only what was sent all the same. */
function mayStillSettle(db: Database, identity: number, { operation, state }: SettleRequest): boolean {
  const known = db.get("SELECT state FROM operations WHERE seq = ? AND identity = ?", operation, identity);
  const isOpen = known?.["state"] === "open";
  if (!isOpen && (known === undefined || state !== "sent"))
    throw new StoreError("stale", `operation ${operation} is not open`);
  return isOpen;
}

export function close(
  db: Database,
  lease: Lease,
  request: {
    readonly operation: number;
    readonly state: Exclude<OperationState, "open">;
    readonly reason: string;
    readonly at: number;
  },
): Promise<void> {
  return db.writeAs(lease, (identity) => {
    const { operation: seq, state, reason, at } = request;
    if (!endOperation(db, { seq, identity, state, reason, at }))
      throw new StoreError("stale", `operation ${seq} is not open`);
  });
}

export function operationOfMessage(
  db: Database,
  identity: string,
  chat: string,
  message: string,
): Promise<number | undefined> {
  return db.read(() =>
    optionalNumber(db.get(MAKER_OF_MESSAGE, db.identity(identity), message, chat)?.["operation"]),
  );
}

export function receipt(
  db: Database,
  lease: Lease,
  request: {
    readonly chat: string;
    readonly message: string;
    readonly status: "delivered" | "read" | "failed";
    readonly reason?: string;
    readonly at: number;
  },
): Promise<boolean> {
  return db.writeAs(lease, (identity) => {
    const row = db.get(MAKER_OF_MESSAGE, identity, request.message, request.chat);
    // Platforms repeat receipts and bring them out of order: none undoes a later one or what an operator decided.
    if (row === undefined || row["state"] !== "sent") return false;
    const [operation, position] = [integer(row["operation"]), integer(row["position"])];
    if (request.status !== "failed") {
      db.run(
        "UPDATE parts SET receipt = ? WHERE operation = ? AND position = ? AND receipt IS NOT 'read'",
        request.status,
        operation,
        position,
      );
      return true;
    }
    const reason = request.reason ?? "the platform reported later that it was not delivered";
    // The part is what the platform says now: refused. A retry by the operator sends it again.
    db.run(
      "UPDATE parts SET state = 'rejected', receipt = 'failed', error = ? WHERE operation = ? AND position = ?",
      reason,
      operation,
      position,
    );
    db.run(
      "UPDATE operations SET state = 'failed', reason = ?, finished_at = ?, due_at = 0 WHERE seq = ?",
      reason,
      wholeMs(request.at),
      operation,
    );
    return true;
  });
}

/** An edit of the message names it too, but did not make it. */
const MAKER_OF_MESSAGE =
  "SELECT operation, position, state FROM parts WHERE identity = ? AND message = ? AND chat = ? ORDER BY operation, position LIMIT 1";

function openOperation(db: Database, identity: number, seq: number): Row {
  const row = db.get(
    "SELECT body FROM operations WHERE seq = ? AND identity = ? AND state = 'open'",
    seq,
    identity,
  );
  if (row === undefined) throw new StoreError("stale", `operation ${seq} is not open`);
  return row;
}

function markAttempting(db: Database, operation: number, position: number, at: number): void {
  const { changes } = db.run(
    `UPDATE parts SET state = 'attempting', attempts = attempts + 1, uncertain = uncertain + (state IN ('attempting', 'unknown')),
       attempted_at = coalesce(attempted_at, ?)
     WHERE operation = ? AND position = ? AND state <> 'sent'`,
    wholeMs(at),
    operation,
    position,
  );
  if (changes === 0) throw noSuchPart(operation, position);
}

/** What was sent stays sent: neither another attempt nor another outcome may touch it. */
function noSuchPart(operation: number, position: number): StoreError {
  return new StoreError("stale", `operation ${operation} has no part ${position} that is still to be sent`);
}

interface Ending {
  readonly seq: number;
  readonly identity: number;
  readonly state: Exclude<OperationState, "open">;
  readonly reason: string | undefined;
  readonly at: number;
}

/** False when the operation is not open. */
function endOperation(db: Database, { seq, identity, state, reason, at }: Ending): boolean {
  const { changes } = db.run(
    "UPDATE operations SET state = ?, reason = ?, finished_at = ?, due_at = 0 WHERE seq = ? AND identity = ? AND state = 'open'",
    state,
    reason ?? null,
    wholeMs(at),
    seq,
    identity,
  );
  return changes > 0;
}

function chatOf(body: string): string {
  const operation: { to: { chat: string } } = JSON.parse(body);
  return operation.to.chat;
}

function toStored(db: Database, row: Row): StoredOperation {
  const seq = integer(row["seq"]);
  const session = optionalText(row["session"]);
  const turn = optionalNumber(row["turn"]);
  return {
    seq,
    key: text(row["key"]),
    identity: text(row["identity_name"]),
    lane: text(row["lane"]),
    ...(session === undefined ? {} : { session }),
    ...(turn === undefined ? {} : { turn }),
    operation: JSON.parse(text(row["body"])),
    state: toOperationState(text(row["state"])),
    reason: optionalText(row["reason"]),
    createdAt: integer(row["created_at"]),
    expiresAt: integer(row["expires_at"]),
    dueAt: integer(row["due_at"]),
    parts: db.all("SELECT * FROM parts WHERE operation = ? ORDER BY position", seq).map(toPart),
  };
}

function toPart(row: Row): StoredPart {
  const result = optionalText(row["result"]);
  return {
    part: JSON.parse(text(row["body"])),
    state: toPartState(text(row["state"])),
    attempts: integer(row["attempts"]),
    uncertain: integer(row["uncertain"]),
    accepted: integer(row["accepted"]),
    attemptedAt: optionalNumber(row["attempted_at"]),
    settledAt: optionalNumber(row["settled_at"]),
    result: result === undefined ? undefined : JSON.parse(result),
    error: optionalText(row["error"]),
    receipt: optionalText(row["receipt"]),
  };
}

const OPERATION_STATES: readonly OperationState[] = ["open", "done", "failed", "expired", "dropped"];
const PART_STATES: readonly PartState[] = ["queued", "attempting", "sent", "rejected", "unknown"];

function toOperationState(value: string): OperationState {
  const state = OPERATION_STATES.find((each) => each === value);
  if (state === undefined)
    throw new StoreError("broken", `"${value}" is not a state of an operation in this release`);
  return state;
}

function toPartState(value: string): PartState {
  const state = PART_STATES.find((each) => each === value);
  if (state === undefined)
    throw new StoreError("broken", `"${value}" is not a state of a part in this release`);
  return state;
}
