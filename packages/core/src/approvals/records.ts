import { z } from "zod";
import type { Json } from "../contract/json.js";

export const OPEN = "approval/open/";
export const DECIDED = "approval/decided/";

const json = z.custom<Json>((value) => value !== undefined);

/** What is stored of a request, from before anybody is asked. */
export const storedRequest = z.object({
  id: z.string(),
  /** Of identity, turn, action and input. */
  digest: z.string(),
  action: z.string(),
  /** Null once everybody was told: then `shown` is what is left of it. */
  input: json,
  /** The agent does it itself; false: an action of the runtime, which core does. */
  isOwn: z.boolean(),
  summary: z.string().nullable(),
  /** Number of the event whose sender must still be let in when it is done. */
  origin: z.number(),
  /** Number of the turn's first event. */
  turn: z.number(),
  /** Where it was asked, as events have it. */
  address: z.object({
    space: z.string().exactOptional(),
    chat: z.string(),
    thread: z.string().exactOptional(),
  }),
  chat: z.object({
    kind: z.enum(["dm", "group", "channel", "feed", "issue", "mailbox"]),
    title: z.string().exactOptional(),
  }),
  sender: z.object({
    id: z.string(),
    name: z.string().exactOptional(),
    aliases: z.array(z.string()).exactOptional(),
  }),
  createdAt: z.number(),
  expiresAt: z.number(),
  /** Hashes. */
  code: z.string(),
  token: z.string(),
});

export const storedDecision = storedRequest.extend({
  status: z.enum(["approved", "denied", "expired"]),
  /** Sender id or an operator's name; `clock` where time ran out. */
  by: z.string(),
  door: z.enum(["button", "command", "operator", "clock"]),
  at: z.number(),
  /** Its session was told, and the approvers' messages show it. */
  isTold: z.boolean(),
  /** Why an approval did not count after all. */
  voided: z.string().nullable(),
});

export type StoredRequest = z.infer<typeof storedRequest>;
export type StoredDecision = z.infer<typeof storedDecision>;
export type Verdict = Pick<StoredDecision, "status" | "by" | "door">;

/** Something that waits for a decision. */
export interface ApprovalRequest {
  readonly id: string;
  readonly connector: string;
  readonly account: string;
  readonly identity: string;
  readonly action: string;
  /** As JSON, secrets masked. */
  readonly input: string;
  /** The agent's own words. */
  readonly summary?: string;
  /** Who began the turn that asks. */
  readonly sender: string;
  readonly name?: string;
  readonly chat: string;
  /** Unix time in ms. */
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** One line of the audit log. */
export interface ApprovalLogEntry extends Omit<ApprovalRequest, "createdAt" | "expiresAt"> {
  /** Unix time in ms. */
  readonly at: number;
  readonly status: "approved" | "denied" | "expired" | "void";
  /** Who decided: a sender id, an operator's name, or `clock`. */
  readonly by: string;
  /** By which way: a button, a command in a chat, the operator's, or time that ran out. */
  readonly door: "button" | "command" | "operator" | "clock";
  /** Why an approval is void: its sender is not let in any more. */
  readonly reason?: string;
}
