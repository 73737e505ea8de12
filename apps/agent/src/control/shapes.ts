import { z } from "zod";

/*
 * What the control socket and `--json` say. Scripts rely on these shapes: fields may be added, never renamed or removed.
 * Times are ISO 8601; what is not known is null.
 */

const time = z.string().nullable();

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
  /** Effective settings, secrets masked, with where each came from. */
  values: z.record(
    z.string(),
    z.object({
      value: z.unknown(),
      from: z.enum(["default", "base", "account", "environment"]),
      variable: z.string().optional(),
    }),
  ),
  notes: z.array(z.string()),
});

const connectorReport = z.object({
  id: z.string(),
  package: z.string(),
  installed: z.boolean(),
  /** At least one account's credentials are complete. */
  configured: z.boolean(),
  /** What config and environment ask for, whether or not the package is installed. */
  enabled: z.boolean(),
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
export const errorReport = z.object({ error: z.string() });

export type AccountReport = z.infer<typeof accountReport>;
export type StatusReport = z.infer<typeof statusReport>;
export type PairingReport = z.infer<typeof pairingReport>;
export type ApprovalReport = z.infer<typeof approvalReport>;
export type WhyReport = z.infer<typeof whyReport>;
export type DeadLetterReport = z.infer<typeof deadLetterReport>;
export type PairingVerdict = z.infer<typeof pairingVerdict>;

/** What an operator can do, with a running host or with its store alone. Refusals are `UserError`s. */
export interface Operator {
  status(): Promise<StatusReport>;
  pairing(): Promise<PairingReport>;
  approve(verdict: PairingVerdict): Promise<ApprovalReport>;
  deny(verdict: PairingVerdict): Promise<void>;
  why(event: number | "last"): Promise<WhyReport | undefined>;
  deadLetters(): Promise<DeadLetterReport>;
  settleDeadLetter(id: string, verdict: "retry" | "drop"): Promise<void>;
}
