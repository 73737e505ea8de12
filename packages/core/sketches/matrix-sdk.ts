/** What a client of Matrix and its encryption would give the sketch: the wire shapes, and the calls that it makes. */
import { z } from "zod";
import type { Json } from "../src/contract/index.js";

const relation = z.object({
  rel_type: z.string().optional(),
  event_id: z.string().optional(),
  key: z.string().optional(),
  "m.in_reply_to": z.object({ event_id: z.string() }).optional(),
});
export const eventSchema = z.object({
  event_id: z.string(),
  type: z.string(),
  sender: z.string(),
  origin_server_ts: z.number(),
  redacts: z.string().optional(),
  content: z.looseObject({
    msgtype: z.string().optional(),
    body: z.string().optional(),
    "m.mentions": z.object({ user_ids: z.array(z.string()).default([]) }).optional(),
    "m.new_content": z.object({ body: z.string() }).optional(),
    "m.relates_to": relation.optional(),
    is_direct: z.boolean().optional(),
  }),
});
export type RoomEvent = z.infer<typeof eventSchema>;

export interface Sync {
  readonly next_batch: string;
  readonly rooms: readonly {
    readonly id: string;
    readonly direct: boolean;
    readonly encrypted: boolean;
    readonly limited: boolean;
    readonly prev_batch: string;
    readonly events: readonly RoomEvent[];
  }[];
  readonly invites: readonly {
    readonly room: string;
    readonly sender: string;
    readonly direct: boolean;
    readonly at: number;
  }[];
  readonly toDevice: readonly Json[];
}
export interface Page {
  /** Newest first. */
  readonly events: readonly RoomEvent[];
  readonly end?: string;
}
/** About fifteen HTTP calls; all throw `HttpError`, or a network error. */
export interface Api {
  whoami(signal?: AbortSignal): Promise<{ readonly user_id: string; readonly device_id: string }>;
  sync(since: string | undefined, timeoutMs: number, signal: AbortSignal): Promise<Sync>;
  messages(room: string, from: string, limit: number): Promise<Page>;
  put(path: string, body: Json, signal: AbortSignal): Promise<{ readonly event_id?: string }>;
}
export interface HttpError {
  readonly status: number;
  readonly errcode: string;
  readonly retryAfterMs: number | undefined;
}
/** The OlmMachine of matrix-sdk-crypto-wasm. */
export interface Crypto {
  addKeys(toDevice: readonly Json[]): Promise<void>;
  /** Undefined while the key has not arrived. */
  decrypt(room: string, event: Json): Promise<RoomEvent | undefined>;
  encrypt(room: string, type: string, content: Json): Promise<Json>;
}
