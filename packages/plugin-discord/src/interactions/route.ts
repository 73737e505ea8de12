import type { Address, Route } from "@elizaos/connector-core";
import { z } from "zod";
import { timeOf } from "../snowflake.js";

const VERSION = 1;
/** Discord takes answers for 15 minutes (API reference, "Followup Messages"); a call needs some seconds of them. */
const LIFETIME_MS = 15 * 60_000 - 10_000;

const dataSchema = z.object({
  application: z.string(),
  interaction: z.string(),
  token: z.string(),
  /** Id of whoever asked. */
  user: z.string(),
  /** Answers are shown to that person alone. */
  isEphemeral: z.boolean(),
  /** "Thinking" is shown, and becomes the first answer. */
  isDeferred: z.boolean(),
});
export type InteractionData = z.infer<typeof dataSchema>;

/** How answers to an interaction go. By whichever clock is ahead it ends early rather than late. */
export function interactionRoute(data: InteractionData, now: number): Route {
  return {
    version: VERSION,
    data,
    expiresAt: Math.min(timeOf(data.interaction), now) + LIFETIME_MS,
  };
}

/** Undefined for the routes of other releases, and where there is none. */
export function readRoute({ route }: Pick<Address, "route">): InteractionData | undefined {
  return route?.version === VERSION ? dataSchema.safeParse(route.data).data : undefined;
}

/** Kept with a call that answers an interaction, without what lets one do so. */
export const answeredSchema = z.object({
  interaction: z.string(),
  user: z.string(),
  isEphemeral: z.boolean(),
});
export type Answered = z.infer<typeof answeredSchema>;

/** What an operation answers, as its calls keep it. */
export function answersOf(to: Pick<Address, "route">): { answers?: Answered } {
  const data = readRoute(to);
  if (data === undefined) return {};
  const { interaction, user, isEphemeral } = data;
  return { answers: { interaction, user, isEphemeral } };
}
