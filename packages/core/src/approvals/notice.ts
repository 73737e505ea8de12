import { z } from "zod";
import { isRecord } from "../config/merge.js";
import type { AccountHandle } from "../connection/handle.js";
import type { InboundEvent, NoticeEvent } from "../contract/event.js";
import type { Decision } from "../contract/fate.js";
import type { Json } from "../contract/json.js";
import { HOST_PREFIX } from "../heartbeat/wake.js";
import type { StoredDecision } from "./records.js";
import { noticeText } from "./text.js";

const KEY_PREFIX = `${HOST_PREFIX}approval/`;

const dataSchema = z.looseObject({
  id: z.string(),
  action: z.string(),
  status: z.enum(["approved", "denied", "expired"]),
  isOwn: z.boolean(),
  origin: z.number(),
});

/** What a session is told of a decision. */
export interface Told {
  readonly event: NoticeEvent;
  readonly id: string;
  readonly action: string;
  readonly input: Json;
  /** Core does what was approved. */
  readonly isToBeDone: boolean;
  /** Number of the event that the approval was asked for in. */
  readonly origin: number;
}

/** Undefined for whatever core did not make itself: such keys are taken from nobody. */
export function readNotice(event: InboundEvent): Told | undefined {
  if (event.kind !== "notice" || !event.keys[0].startsWith(KEY_PREFIX)) return undefined;
  const data = dataSchema.safeParse(event.data);
  if (!data.success) return undefined;
  const { id, action, status, isOwn, origin } = data.data;
  const input = isRecord(event.data) ? event.data["input"] : undefined;
  return { event, id, action, input: input ?? null, isToBeDone: status === "approved" && !isOwn, origin };
}

/** Belongs to the session in which it was asked, as if whoever began that turn had sent it. */
export function noticeOf(handle: AccountHandle, decision: StoredDecision): NoticeEvent {
  const { id, action, input, status, by, at, isOwn, origin, sender, chat, address } = decision;
  const { id: from, name, aliases } = sender;
  const { kind, title } = chat;
  const { space, chat: room, thread } = address;
  return {
    kind: "notice",
    name: "approval",
    text: noticeText(decision),
    data: { id, action, input, status, by, at, isOwn, origin },
    keys: [`${KEY_PREFIX}${id}`],
    sentAt: at,
    address: handle.currentAddress({
      chat: room,
      ...(space !== undefined && { space }),
      ...(thread !== undefined && { thread }),
    }),
    chat: { kind, ...(title !== undefined && { title }) },
    sender: { id: from, ...(name !== undefined && { name }), ...(aliases && { aliases }) },
  };
}

/** The notice with what came of the action, for the agent. */
export function withOutcome(
  { event }: Told,
  outcome: { readonly result: Json } | { readonly error: string },
): NoticeEvent {
  const data = isRecord(event.data) ? event.data : {};
  const text =
    "result" in outcome
      ? `It was done, and gave back: ${JSON.stringify(outcome.result)}`
      : `It was tried. ${outcome.error}`;
  return {
    ...event,
    text: `${event.text} ${text}`,
    data: JSON.parse(JSON.stringify({ ...data, ...outcome })),
  };
}

export const DECIDED_APPROVAL: Decision = {
  fate: "admitted",
  reason: "An approval that the agent asked for here was decided.",
  rule: "approval.decided",
  path: "execApprovals",
};

/** Rule of a decision that came when its sender was not let in any more. */
export const VOID_RULE = "approval.void";

export function voidDecision({ reason, path }: Pick<Decision, "reason" | "path">): Decision {
  return {
    fate: "ignored",
    reason: `Whoever asked is not let in any more, and the decision counts for nothing. ${reason}`,
    rule: VOID_RULE,
    ...(path !== undefined && { path }),
  };
}
