import { z } from "zod";
import type { ConfigIssue } from "../contract/errors.js";
import { isRecord } from "./merge.js";

/** How calls are made again that the platform certainly did not carry out. */
export const retryField = z
  .strictObject({
    attempts: z
      .number()
      .int()
      .min(1)
      .optional()
      .describe(
        "Calls for one message in all, the first included; after the last one it is a dead letter. Without it, calls go on until the message is too old.",
      ),
    minDelayMs: z
      .number()
      .int()
      .min(0)
      .default(500)
      .describe("The wait before the second call, in ms; each further wait is twice as long."),
    maxDelayMs: z.number().int().min(0).default(60_000).describe("No wait is longer, in ms."),
    jitter: z
      .number()
      .min(0)
      .max(1)
      .default(0.5)
      .describe("Share of each wait that is left to chance, from 0 (none) to 1 (all)."),
  })
  .prefault({})
  .describe(
    "How a call that failed for the moment is made again. Waits that the platform asks for come on top.",
  );

export type RetryConfig = z.infer<typeof retryField>;

/** @param locate gives the path at which a setting of the effective config stands */
export function retryIssues(config: unknown, locate: (path: string) => string): ConfigIssue[] {
  if (!isRecord(config)) return [];
  const retry = retryField.safeParse(config["retry"]);
  if (!retry.success) return [];
  const { attempts, minDelayMs, maxDelayMs } = retry.data;
  if (minDelayMs > maxDelayMs) {
    const limit = `maxDelayMs, which is ${maxDelayMs} (${locate("retry.maxDelayMs")})`;
    return [{ path: locate("retry.minDelayMs"), message: `${minDelayMs} is more than ${limit}` }];
  }
  if (minDelayMs === 0 && attempts === undefined) {
    const message =
      "is missing; it is needed where minDelayMs is 0, or calls would go on without end or pause";
    return [{ path: locate("retry.attempts"), message }];
  }
  return [];
}
