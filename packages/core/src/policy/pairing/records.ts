import { z } from "zod";
import type { RenameGate } from "../../inbox/rename-gate.js";
import { segment } from "../../session/key.js";
import type { Lease } from "../../store/port.js";

/** A stranger who asked to talk to the agent. The code itself is not kept, only its hash. */
export interface PairingRequest {
  readonly id: string;
  readonly connector: string;
  readonly account: string;
  readonly identity: string;
  readonly sender: string;
  readonly name?: string;
  /** Unix time in ms. */
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** A sender who may write in private. */
export interface Approval {
  readonly connector: string;
  readonly account: string;
  readonly identity: string;
  readonly sender: string;
  readonly name?: string;
  /** Unix time in ms. */
  readonly approvedAt: number;
  readonly by: string;
}

/** How many strangers press on an account's pairing. */
export interface PairingPressure {
  readonly connector: string;
  readonly account: string;
  /** Open requests whose code is not sent yet, because codes are sent at a limited rate. Newest first, each gets one. */
  readonly waiting: number;
  /** Requests that were dropped for lack of room since the runtime started. */
  readonly evicted: number;
}

/** `requested`: a code was sent. `expired`: it was not used within its hour. */
export type PairingAction = "requested" | "approved" | "denied" | "revoked" | "expired";

/** One line of the audit log. */
export interface PairingLogEntry {
  /** Unix time in ms. */
  readonly at: number;
  readonly connector: string;
  readonly account: string;
  readonly action: PairingAction;
  readonly sender: string;
  /** Who did it: an operator's name; `sender` for a request, `clock` where time ran out. */
  readonly by: string;
}

/** Whose requests and approvals these are. */
export interface PairingAccount {
  readonly connector: string;
  readonly account: string;
  readonly lease: Lease;
  /** Keeps renames away while keys are written; absent where nothing can be renamed. */
  readonly places?: RenameGate;
}

export const REQUESTS = "pairing/request/";
export const APPROVALS = "pairing/approved/";
export const LOG = "pairing/log/";

export const requestKey = (sender: string) => REQUESTS + segment(sender);
export const approvalKey = (sender: string) => APPROVALS + segment(sender);

/** The key follows its sender through renames; what was written with it does not. */
export function senderOf(key: string): string {
  return decodeURIComponent(key.slice(key.lastIndexOf("/") + 1));
}

/** What is stored under a request's key, which names the sender. */
export const storedRequest = z.object({
  id: z.string(),
  /** Hash of the code; null until it is sent. */
  code: z.string().nullable(),
  name: z.string().nullable(),
  createdAt: z.number(),
  expiresAt: z.number(),
  /** The event that is answered with the code. */
  event: z.number(),
  /** The sender wrote again while the request was open. */
  isRepeated: z.boolean(),
});

export const storedApproval = z.object({
  name: z.string().nullable(),
  approvedAt: z.number(),
  by: z.string(),
});

export const storedLogEntry = z.object({
  at: z.number(),
  action: z.enum(["requested", "approved", "denied", "revoked", "expired"]),
  sender: z.string(),
  by: z.string(),
});

export type StoredRequest = z.infer<typeof storedRequest>;
export type StoredLogEntry = z.infer<typeof storedLogEntry>;
