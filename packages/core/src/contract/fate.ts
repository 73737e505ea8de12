/**
 * What became of an event. The list is closed: every stored event has exactly one of these at any time, together with
 * the rule and the config path that decided it.
 */
export const FATES = {
  accepted: "Stored; waits for its turn.",
  admitted: "Policy let it in; the agent is working on it, or will try again.",
  answered: "The agent answered; its operations are in the outbox.",
  silent: "The agent chose not to answer.",
  context: "Kept for the session's history; not a turn of its own.",
  held: "Held back until its sender is paired.",
  ignored: "Policy keeps it out.",
  expired: "Grew too old before it could be handled.",
  dead: "Failed for too long; a dead letter that can be retried or dropped.",
  dropped: "A dead letter that the operator dropped.",
} as const;

export type Fate = keyof typeof FATES;

/** Fates of events that still have work to do. */
export type OpenFate = "accepted" | "admitted";

export function isOpen(fate: Fate): fate is OpenFate {
  return fate === "accepted" || fate === "admitted";
}

/** The outcome of policy or of a turn, as stored with its events. */
export interface Decision {
  readonly fate: Fate;
  /** One sentence for people. */
  readonly reason: string;
  /** Name of the deciding rule, such as `dm.pairing` or `group.mention`. */
  readonly rule: string;
  /** Config path that the rule read, such as `connectors.telegram.groups.-100.requireMention`. */
  readonly path?: string;
}
