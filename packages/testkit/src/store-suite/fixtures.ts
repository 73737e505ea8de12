import type { Decision, Fate, InboundEvent, Json, Part, SendOperation } from "@elizaos/connector-core";
import type { NewEvent, NewOperation } from "@elizaos/connector-core/store";

export const NOW = Date.UTC(2026, 0, 1);
export const MINUTE = 60_000;
export const DAY = 24 * 60 * MINUTE;

export const IDENTITY = "toy:1";
export const SESSION = session("dm", "ada");

export function session(kind: "dm" | "group", chat: string, thread?: string, identity = IDENTITY): string {
  const place = `${encodeURIComponent(identity)}/${kind}/${encodeURIComponent(chat)}`;
  return thread === undefined ? place : `${place}/thread/${encodeURIComponent(thread)}`;
}

let serial = 0;

/** Different every time, so that no two fixtures share a key by accident. */
function unique(prefix: string): string {
  serial += 1;
  return `${prefix}${serial}`;
}

export interface EventOptions {
  readonly keys?: readonly [string, ...string[]];
  readonly session?: string;
  readonly lane?: string;
  readonly chat?: string;
  readonly message?: string;
  readonly sender?: string;
  readonly sentAt?: number;
  readonly order?: number;
  readonly raw?: Json;
}

export function message(text: string, options: EventOptions = {}): NewEvent {
  return event({ kind: "message", content: { text } }, options);
}

export function edit(of: string, text: string, options: EventOptions = {}): NewEvent {
  return event({ kind: "edited", content: { text } }, { ...options, message: of });
}

export function deletion(messages: readonly string[], options: EventOptions = {}): NewEvent {
  return event({ kind: "deleted", messages }, options);
}

export function reaction(to: string, emoji: string, options: EventOptions = {}): NewEvent {
  return event({ kind: "reaction", added: [emoji], removed: [] }, { ...options, message: to });
}

type Content =
  | { readonly kind: "message" | "edited"; readonly content: { readonly text: string } }
  | { readonly kind: "deleted"; readonly messages: readonly string[] }
  | { readonly kind: "reaction"; readonly added: readonly string[]; readonly removed: readonly string[] };

function event(content: Content, options: EventOptions): NewEvent {
  const id = options.message ?? unique("m");
  const event: InboundEvent = {
    ...content,
    keys: options.keys ?? [unique("key")],
    sentAt: options.sentAt ?? NOW,
    address: { chat: options.chat ?? "ada", message: id },
    chat: { kind: "dm" },
    sender: { id: options.sender ?? "ada", name: "Ada" },
    ...(options.order === undefined ? {} : { order: options.order }),
    ...(options.raw === undefined ? {} : { raw: options.raw }),
  };
  const { session = SESSION, lane } = options;
  return { event, session, ...(lane === undefined ? {} : { lane }) };
}

/** A number that JSON cannot carry, in a place where the types say JSON: what a careless connector may hand over. */
export function notJson(): Json {
  const value: Json = JSON.parse("1", () => 1n);
  return value;
}

export function decision(fate: Fate, reason = `it was ${fate}`): Decision {
  return { fate, reason, rule: "dm.open" };
}

export interface OperationOptions {
  readonly chat?: string;
  readonly lane?: string;
  readonly session?: string;
  readonly turn?: number;
  readonly createdAt?: number;
  readonly expiresAt?: number;
}

export function send(text: string, options: OperationOptions = {}): NewOperation {
  const operation: SendOperation = {
    kind: "send",
    to: { chat: options.chat ?? "ada" },
    text,
    format: "plain",
  };
  return toDo(operation, options);
}

export function toDo(operation: NewOperation["operation"], options: OperationOptions = {}): NewOperation {
  return {
    key: unique("operation").padEnd(22, "-"),
    operation,
    lane: options.lane ?? encodeURIComponent(operation.to.chat),
    createdAt: options.createdAt ?? NOW,
    expiresAt: options.expiresAt ?? NOW + DAY,
    ...(options.session === undefined ? {} : { session: options.session }),
    ...(options.turn === undefined ? {} : { turn: options.turn }),
  };
}

export function part(text: string): Part {
  return { call: "say", payload: { text } };
}
