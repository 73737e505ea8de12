import type { DeadLetter, StoredEvent, StoredOperation } from "../port.js";
import type { Data, IdentityData } from "./data.js";
import { replace } from "./events.js";
import { change } from "./operations.js";

export function deadLetters(data: Data, limit: number): readonly DeadLetter[] {
  const letters: DeadLetter[] = [];
  for (const event of data.events.values()) {
    if (event.decision.fate !== "dead") continue;
    const { identity, session, decision } = event;
    letters.push({
      id: `event:${event.seq}`,
      identity,
      session,
      reason: decision.reason,
      at: event.finishedAt ?? 0,
    });
  }
  for (const operation of data.operations.values()) {
    if (operation.state !== "failed") continue;
    const { identity, session, reason = "", seq } = operation;
    letters.push({ id: `operation:${seq}`, identity, session, reason, at: data.ended.get(seq) ?? 0 });
  }
  return letters.sort((a, b) => a.at - b.at).slice(0, limit);
}

export interface DeadLetterRequest {
  readonly id: string;
  readonly verdict: "retry" | "drop";
  readonly at: number;
  readonly expiresAt: number;
}

export function settleDeadLetter(data: Data, identity: IdentityData, request: DeadLetterRequest): boolean {
  const [, type, number] = /^(event|operation):(\d+)$/.exec(request.id) ?? [];
  if (type === "event") {
    const event = data.events.get(Number(number));
    if (event?.identity !== identity.name || event.decision.fate !== "dead") return false;
    if (request.verdict === "drop") dropEvent(data, event);
    else retryEvent(data, event, request.at);
    return true;
  }
  const operation = data.operations.get(Number(number));
  if (operation?.identity !== identity.name || operation.state !== "failed") return false;
  if (request.verdict === "drop") change(data, operation, { state: "dropped" });
  else retryOperation(data, operation, request.expiresAt);
  return true;
}

function dropEvent(data: Data, event: StoredEvent): void {
  replace(data, event, {
    decision: { fate: "dropped", reason: "Dropped by the operator.", rule: "operator" },
  });
}

/**
 * A new life: not too old, not long failing. Attempts go on counting, so that the output of an attempt from before is
 * still known as old.
 */
function retryEvent(data: Data, event: StoredEvent, at: number): void {
  replace(data, event, {
    decision: { fate: "accepted", reason: "Tried again by the operator.", rule: "operator" },
    receivedAt: at,
    startedAt: undefined,
    finishedAt: undefined,
    dueAt: 0,
  });
}

function retryOperation(data: Data, operation: StoredOperation, expiresAt: number): void {
  const parts = operation.parts.map((part) => {
    if (part.state === "sent") return part;
    const uncertain = part.uncertain + (part.state === "attempting" || part.state === "unknown" ? 1 : 0);
    return {
      ...part,
      state: "queued" as const,
      attempts: 0,
      uncertain,
      accepted: uncertain,
      receipt: undefined,
    };
  });
  change(data, operation, { parts, state: "open", reason: undefined, dueAt: 0, expiresAt });
  data.ended.delete(operation.seq);
}
