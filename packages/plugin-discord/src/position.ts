import { z } from "zod";

/**
 * Where a shard of the gateway stands, stored in the commit of the events before it. Without a session there are messages that
 * were not read yet: the next start reads them over REST, whatever the gateway can replay.
 */
const positionSchema = z.object({
  session: z.object({ id: z.string(), resumeUrl: z.string(), sequence: z.int(), shards: z.int() }).optional(),
  /** Id of the newest message before which all are stored. */
  newest: z.string().regex(/^\d+$/),
});
export type Position = z.infer<typeof positionSchema>;

export function cursorName(shard: number): string {
  return `gateway/${shard}`;
}

export function readPosition(stored: unknown): Position | undefined {
  return positionSchema.safeParse(stored).data;
}
