import { z } from "zod";
import { snowflake } from "../snowflake.js";

/*
 * What clients send over the gateway (Discord, "Send Events").
 */

export const payload = z.looseObject({ op: z.int(), d: z.unknown().optional() });

export const identifyData = z.looseObject({
  token: z.string(),
  intents: z.int(),
  properties: z.looseObject({}),
  shard: z.tuple([z.int(), z.int().positive()]).default([0, 1]),
  presence: z.unknown().optional(),
  // Compression of single payloads: what comes may also be plain.
  compress: z.boolean().optional(),
});

export const resumeData = z.looseObject({
  token: z.string(),
  session_id: z.string(),
  seq: z.int().nonnegative(),
});

export const memberRequest = z.looseObject({
  guild_id: snowflake,
  query: z.string().optional(),
  limit: z.int().nonnegative().default(0),
  user_ids: z.union([snowflake.transform((id) => [id]), z.array(snowflake)]).optional(),
  presences: z.boolean().optional(),
  nonce: z.string().optional(),
});

export type MemberRequest = z.output<typeof memberRequest>;
