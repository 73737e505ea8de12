import { FATES } from "@elizaos/connector-core";
import { z } from "zod";

/*
 * What the control socket and `--json` say. Scripts rely on these shapes: fields may be added, never renamed or removed.
 * Times are ISO 8601; what is not known is null.
 */

const time = z.string().nullable();

/** What a flood of strangers did to an account. */
const pressure = {
  /** Requests that were not sent a code yet. */
  waiting: z.number(),
  /** Requests that were dropped for lack of room. */
  evicted: z.number(),
};

const accountReport = z.object({
  id: z.string(),
  state: z.enum(["disabled", "stopped", "starting", "online", "reconnecting", "action-needed", "failed"]),
  since: time,
  reason: z.string().nullable(),
  /** What to do about it. */
  mend: z.string().nullable(),
  /** The platform's own id of the account. */
  identity: z.string().nullable(),
  name: z.string().nullable(),
  lastInbound: time,
  lastIgnored: time,
  lastOutbound: time,
  /** Strangers who ask to be let in: `requests` wait for the operator. */
  pairing: z.object({ requests: z.number(), ...pressure }),
  /** What the agent asks to be approved and nobody has decided yet. */
  approvals: z.number(),
  /** Effective settings, secrets masked, with where each came from. */
  values: z.record(
    z.string(),
    z.object({
      value: z.unknown(),
      from: z.enum(["default", "defaults", "base", "account", "environment"]),
      variable: z.string().optional(),
    }),
  ),
  notes: z.array(z.string()),
  /** Events that were lost for good, oldest first; the newest 20 since the host started. */
  gaps: z.array(z.object({ at: z.string(), reason: z.string() })),
});

const connectorReport = z.object({
  id: z.string(),
  package: z.string(),
  installed: z.boolean(),
  /** At least one account that is not switched off has what it needs to sign in. */
  configured: z.boolean(),
  /** What config and environment ask for, whether or not the package is installed. */
  enabled: z.boolean(),
  /** Its block is there and its package is not, so that nobody has checked the block. */
  unvalidated: z.boolean(),
  reason: z.string(),
  accounts: z.array(accountReport),
});

export const statusReport = z.object({
  /** The running host; null when none runs. */
  host: z
    .object({
      pid: z.number(),
      version: z.string(),
      health: z.string(),
      /** Where webhooks arrive; null when no account needs any. */
      webhooks: z.string().nullable(),
      startedAt: z.string(),
    })
    .nullable(),
  stateDir: z.string(),
  config: z.string().nullable(),
  /** Where platforms reach the webhooks from outside, as the config says. */
  publicUrl: z.string().nullable(),
  connectors: z.array(connectorReport),
});

const pairingRequest = z.object({
  id: z.string(),
  connector: z.string(),
  account: z.string(),
  sender: z.string(),
  name: z.string().nullable(),
  createdAt: z.string(),
  expiresAt: z.string(),
});

export const approvalReport = z.object({
  connector: z.string(),
  account: z.string(),
  sender: z.string(),
  name: z.string().nullable(),
  approvedAt: z.string(),
  by: z.string(),
});

export const pairingReport = z.object({
  requests: z.array(pairingRequest),
  approved: z.array(approvalReport),
  pressure: z.array(z.object({ connector: z.string(), account: z.string(), ...pressure })),
});

export const pairingLogReport = z.object({
  /** Newest first. */
  log: z.array(
    z.object({
      at: z.string(),
      connector: z.string(),
      account: z.string(),
      action: z.string(),
      sender: z.string(),
      by: z.string().nullable(),
    }),
  ),
});

const askedApproval = {
  id: z.string(),
  connector: z.string(),
  account: z.string(),
  action: z.string(),
  /** As JSON, secrets masked. */
  input: z.string(),
  /** The agent's own words. */
  summary: z.string().nullable(),
  /** Who began the turn that asks. */
  sender: z.string(),
  name: z.string().nullable(),
  chat: z.string(),
};

const approvalRequest = z.object({ ...askedApproval, createdAt: z.string(), expiresAt: z.string() });

export const approvalsReport = z.object({
  /** What the agent may do only when somebody agrees, oldest first. */
  approvals: z.array(approvalRequest),
});

export const decidedApprovalReport = z.object({ ...askedApproval, status: z.enum(["approved", "denied"]) });

export const approvalsLogReport = z.object({
  /** Newest first. */
  log: z.array(
    z.object({
      ...askedApproval,
      at: z.string(),
      status: z.enum(["approved", "denied", "expired", "void"]),
      by: z.string(),
      door: z.enum(["button", "command", "operator", "clock"]),
      reason: z.string().nullable(),
    }),
  ),
});

const eventReport = z.object({
  event: z.number(),
  /** When it was received. */
  at: z.string(),
  connector: z.string(),
  /** Null for an identity that no account has any more. */
  account: z.string().nullable(),
  identity: z.string(),
  chat: z.string(),
  chatKind: z.string(),
  title: z.string().nullable(),
  thread: z.string().nullable(),
  /** The platform's id of the message. */
  message: z.string().nullable(),
  sender: z.string(),
  name: z.string().nullable(),
  kind: z.string(),
  fate: z.string(),
  reason: z.string(),
  rule: z.string(),
  path: z.string().nullable(),
  /** At most 60 characters of what was said; empty where nothing was. */
  text: z.string(),
});

export const eventsReport = z.object({
  /** Newest first. */
  events: z.array(eventReport),
  /** The search ended at its bound: older events that fit may exist. */
  truncated: z.boolean(),
});

export const MAX_EVENTS = 1_000;
export const FATE_NAMES = Object.keys(FATES);

export const eventsQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(MAX_EVENTS),
  connector: z.string().exactOptional(),
  account: z.string().exactOptional(),
  fate: z.enum(FATE_NAMES).exactOptional(),
});

export const whyReport = z.object({
  event: z.number(),
  identity: z.string(),
  kind: z.string(),
  chat: z.string(),
  sender: z.string(),
  name: z.string().nullable(),
  text: z.string().nullable(),
  fate: z.string(),
  reason: z.string(),
  rule: z.string(),
  path: z.string().nullable(),
  /** Attempts of the turn. */
  attempts: z.number(),
  stages: z.array(z.object({ name: z.string(), at: z.string() })),
  sends: z.array(
    z.object({
      key: z.string(),
      state: z.enum(["queued", "attempting", "sent", "rejected", "unknown"]),
      platformId: z.string().nullable(),
      attempts: z.number(),
      /** The outcome of an earlier call was never learnt: the message may be there twice. */
      uncertain: z.boolean(),
      /** Why the last attempt did not succeed. */
      error: z.string().nullable(),
      /** The platform call. */
      call: z.string(),
      /** State of the operation that the part belongs to, and why. */
      operation: z.string(),
      reason: z.string().nullable(),
    }),
  ),
});

export const deadLetterReport = z.object({
  deadLetters: z.array(
    z.object({
      id: z.string(),
      identity: z.string(),
      session: z.string().nullable(),
      reason: z.string(),
      at: z.string(),
    }),
  ),
});

export const pairingVerdict = z.object({
  connector: z.string(),
  code: z.string(),
  account: z.string().optional(),
});
export const pairingRevocation = z.object({
  connector: z.string(),
  sender: z.string(),
  account: z.string().optional(),
});
export const approvalVerdict = z.object({ id: z.string(), status: z.enum(["approved", "denied"]) });
export const errorReport = z.object({ error: z.string() });

export type AccountReport = z.infer<typeof accountReport>;
export type StatusReport = z.infer<typeof statusReport>;
export type PairingReport = z.infer<typeof pairingReport>;
export type ApprovalReport = z.infer<typeof approvalReport>;
export type PairingLogReport = z.infer<typeof pairingLogReport>;
export type ApprovalsReport = z.infer<typeof approvalsReport>;
export type ApprovalsLogReport = z.infer<typeof approvalsLogReport>;
export type DecidedApprovalReport = z.infer<typeof decidedApprovalReport>;
export type ApprovalVerdict = z.infer<typeof approvalVerdict>;
export type PairingCounts = AccountReport["pairing"];
export type EventReport = z.infer<typeof eventReport>;
export type EventsReport = z.infer<typeof eventsReport>;
export type EventsQuery = z.infer<typeof eventsQuery>;
export type PairingRevocation = z.infer<typeof pairingRevocation>;
export type WhyReport = z.infer<typeof whyReport>;
export type DeadLetterReport = z.infer<typeof deadLetterReport>;
export type PairingVerdict = z.infer<typeof pairingVerdict>;

/** What an operator can do, with a running host or with its store alone. Refusals are `UserError`s. */
export interface Operator {
  status(): Promise<StatusReport>;
  pairing(): Promise<PairingReport>;
  approve(verdict: PairingVerdict): Promise<ApprovalReport>;
  deny(verdict: PairingVerdict): Promise<void>;
  revoke(revocation: PairingRevocation): Promise<void>;
  /** @param limit at most this many entries, newest first */
  pairingLog(limit: number): Promise<PairingLogReport>;
  approvals(): Promise<ApprovalsReport>;
  decideApproval(verdict: ApprovalVerdict): Promise<DecidedApprovalReport>;
  /** @param limit at most this many entries, newest first */
  approvalsLog(limit: number): Promise<ApprovalsLogReport>;
  events(query: EventsQuery): Promise<EventsReport>;
  why(event: number | "last"): Promise<WhyReport | undefined>;
  deadLetters(): Promise<DeadLetterReport>;
  settleDeadLetter(id: string, verdict: "retry" | "drop"): Promise<void>;
}
