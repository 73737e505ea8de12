import { StoreError } from "../../contract/errors.js";
import type { OperationState, Part, SendResult } from "../../contract/operation.js";
import type {
  AttemptRequest,
  NewOperation,
  OperationHead,
  SettleRequest,
  Spooled,
  StoredOperation,
  StoredPart,
} from "../port.js";
import { compose, type Data, type IdentityData, stale } from "./data.js";

/** Throws before anything is changed when a key is taken. */
export function checkKeys(data: Data, operations: readonly NewOperation[]): void {
  const known = new Set([...data.operations.values()].map((operation) => operation.key));
  for (const { key } of operations) {
    if (known.has(key)) throw new StoreError("broken", `operation key "${key}" was used before`);
    known.add(key);
  }
}

export function addOperation(data: Data, identity: IdentityData, operation: NewOperation): number {
  data.lastOperation += 1;
  const seq = data.lastOperation;
  const { announced, ...added } = operation;
  const stored: StoredOperation = {
    ...added,
    seq,
    identity: identity.name,
    dueAt: 0,
    state: "open",
    reason: undefined,
    parts: (announced ?? []).map(queued),
  };
  const parts = announced === undefined ? [] : attempting(stored, stored.parts, 0, operation.createdAt);
  data.operations.set(seq, { ...stored, parts });
  return seq;
}

function queued(part: Part): StoredPart {
  return {
    part,
    state: "queued",
    attempts: 0,
    uncertain: 0,
    accepted: 0,
    attemptedAt: undefined,
    settledAt: undefined,
    result: undefined,
    error: undefined,
    receipt: undefined,
  };
}

export function enqueue(
  data: Data,
  identity: IdentityData,
  operations: readonly NewOperation[],
): readonly number[] {
  checkKeys(data, operations);
  return operations.map((operation) => addOperation(data, identity, operation));
}

export function openOperations(
  data: Data,
  identity: string,
  after: number,
  limit: number,
): readonly OperationHead[] {
  const heads: OperationHead[] = [];
  for (const operation of data.operations.values()) {
    if (heads.length >= limit) break;
    if (operation.identity !== identity || operation.seq <= after || operation.state !== "open") continue;
    heads.push({ seq: operation.seq, lane: operation.lane, dueAt: operation.dueAt });
  }
  return heads;
}

export function findOperations(data: Data, seqs: readonly number[]): readonly StoredOperation[] {
  return seqs.flatMap((seq) => data.operations.get(seq) ?? []);
}

export function operationsOfTurn(data: Data, turn: number): readonly StoredOperation[] {
  return [...data.operations.values()].filter((operation) => operation.turn === turn);
}

export function attempt(data: Data, identity: IdentityData, request: AttemptRequest): void {
  const operation = openOperation(data, identity, request.operation);
  const parts = operation.parts.length > 0 ? operation.parts : (request.parts ?? []).map(queued);
  change(data, operation, { parts: attempting(operation, parts, request.index, request.at) });
}

export function settle(data: Data, identity: IdentityData, request: SettleRequest): boolean {
  const operation = data.operations.get(request.operation);
  const isOurs = operation !== undefined && operation.identity === identity.name;
  const isOpen = isOurs && operation.state === "open";
  if (!isOurs || (!isOpen && request.state !== "sent")) {
    throw stale(`operation ${request.operation} is not an open operation of ${identity.name}`);
  }
  const settled = partToDo(operation, operation.parts, request.index);
  let parts = operation.parts.with(request.index, {
    ...settled,
    state: request.state,
    settledAt: request.at,
    result: request.result,
    // What left a call in doubt is told for good.
    error: request.error ?? (settled.uncertain > 0 ? settled.error : undefined),
  });
  const goesOn = isOpen && request.operationState === undefined;
  if (goesOn && request.next !== undefined) parts = attempting(operation, parts, request.next, request.at);
  if (request.state === "sent" && request.result !== undefined) {
    noteSent(identity, operation, request.index, request.result);
  }
  if (goesOn) change(data, operation, { parts, dueAt: request.dueAt ?? operation.dueAt });
  else if (isOpen && request.operationState !== undefined) {
    const reason = request.operationState === "done" ? undefined : request.error;
    end(data, operation, { parts, state: request.operationState, reason }, request.at);
  } else change(data, operation, { parts });
  return goesOn;
}

export interface CloseRequest {
  readonly operation: number;
  readonly state: Exclude<OperationState, "open">;
  readonly reason: string;
  readonly at: number;
}

export function closeOperation(data: Data, identity: IdentityData, request: CloseRequest): void {
  const operation = openOperation(data, identity, request.operation);
  end(data, operation, { state: request.state, reason: request.reason }, request.at);
}

export function operationOfMessage(
  data: Data,
  identity: string,
  chat: string,
  message: string,
): number | undefined {
  return data.identities.get(identity)?.sent.get(compose(chat, message))?.operation;
}

/** A later edit of the message names it too, but did not make it. */
function noteSent(
  identity: IdentityData,
  operation: StoredOperation,
  index: number,
  result: SendResult,
): void {
  const { message } = result;
  if (message === undefined) return;
  const chat = result.to?.chat ?? operation.operation.to.chat;
  const place = compose(chat, message);
  if (!identity.sent.has(place)) identity.sent.set(place, { chat, message, operation: operation.seq, index });
}

export interface ReceiptRequest {
  readonly chat: string;
  readonly message: string;
  readonly status: "delivered" | "read" | "failed";
  readonly reason?: string;
  readonly at: number;
}

/** Platforms repeat receipts and bring them out of order: none undoes a later one or what an operator decided. */
export function receipt(data: Data, identity: IdentityData, request: ReceiptRequest): boolean {
  const row = identity.sent.get(compose(request.chat, request.message));
  const operation = row === undefined ? undefined : data.operations.get(row.operation);
  const part = row === undefined ? undefined : operation?.parts[row.index];
  if (row === undefined || operation === undefined || part?.state !== "sent") return false;
  if (part.result?.message !== request.message) return false;
  if (request.status !== "failed") {
    const status = part.receipt === "read" ? "read" : request.status;
    change(data, operation, { parts: operation.parts.with(row.index, { ...part, receipt: status }) });
    return true;
  }
  const reason = request.reason ?? "the platform said later that it failed";
  const parts = operation.parts.with(row.index, {
    ...part,
    state: "rejected",
    receipt: "failed",
    error: reason,
  });
  end(data, operation, { parts, state: "failed", reason }, request.at);
  return true;
}

function openOperation(data: Data, identity: IdentityData, seq: number): StoredOperation {
  const operation = data.operations.get(seq);
  if (operation === undefined || operation.identity !== identity.name || operation.state !== "open") {
    throw stale(`operation ${seq} is not an open operation of ${identity.name}`);
  }
  return operation;
}

/** What was sent stays sent: neither another attempt nor another outcome may touch it. */
function partToDo(operation: StoredOperation, parts: readonly StoredPart[], index: number): StoredPart {
  const part = parts[index];
  if (part === undefined) throw stale(`operation ${operation.seq} has no part ${index}`);
  if (part.state === "sent") throw stale(`part ${index} of operation ${operation.seq} is sent`);
  return part;
}

function attempting(
  operation: StoredOperation,
  parts: readonly StoredPart[],
  index: number,
  at: number,
): StoredPart[] {
  const part = partToDo(operation, parts, index);
  return parts.with(index, {
    ...part,
    state: "attempting",
    attempts: part.attempts + 1,
    uncertain: part.uncertain + (part.state === "attempting" || part.state === "unknown" ? 1 : 0),
    attemptedAt: part.attemptedAt ?? at,
  });
}

function end(data: Data, operation: StoredOperation, changes: Partial<StoredOperation>, at: number): void {
  change(data, operation, { ...changes, dueAt: 0 });
  data.ended.set(operation.seq, at);
}

export function change(data: Data, operation: StoredOperation, changes: Partial<StoredOperation>): void {
  data.operations.set(operation.seq, { ...operation, ...changes });
}

export function spooled(data: Data): readonly Spooled[] {
  return [...data.operations.values()].flatMap(({ key, operation, state }) =>
    (state === "open" || state === "failed") &&
    operation.kind === "send" &&
    operation.attachments !== undefined
      ? [{ operation: key, files: operation.attachments.map(({ spool }) => spool) }]
      : [],
  );
}
