import { z } from "zod";

/** Discord: "Audit Logs", `X-Audit-Log-Reason`. */
const MAX_REASON = 512;

/** An id, or what stands in a text for it: `<@1>`, `<@&1>`, `<#1>`. As a JSON number it would be rounded. */
export const snowflake = z
  .string()
  .trim()
  .transform((written) => written.replace(/^<(?:@[!&]?|#)(\d+)>$/, "$1"))
  .refine((written) => /^[1-9]\d{0,19}$/.test(written), {
    error: 'must be an id, a number in quotes such as "1234567890123456789"',
  });

export const messageId = snowflake.describe("The message's id.");
export const userId = snowflake.describe("The person's user id.");

/** A message of this chat; the one that began the turn where it is left out. */
export const thisOrMessage = snowflake
  .optional()
  .describe("Id of a message of this chat. Leave it out for the one that you are answering.");

/** Text of at most so many UTF-16 units, which are never fewer than Discord's characters. */
export function atMost(max: number, min = 1) {
  return z.string().trim().min(min).max(max);
}

export const reason = atMost(MAX_REASON)
  .optional()
  .describe(`Why, for the server's audit log, up to ${MAX_REASON} characters.`);

/** `RestCall.reason` of an input that may have one. */
export function because(written: string | undefined): { readonly reason?: string } {
  return written === undefined ? {} : { reason: written };
}
