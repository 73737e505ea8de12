import { type Address, type Clock, Unknown } from "@elizaos/connector-core";
import type { z } from "zod";
import type { DiscordConfig } from "../config.js";
import type { DirectOpener } from "../direct-opener.js";
import type { Directory } from "../directory.js";
import type { Gateway } from "../gateway.js";
import type { Rest, RestCall } from "../rest.js";

/** What actions work with. */
export interface Tools {
  readonly config: DiscordConfig;
  readonly rest: Rest;
  readonly directory: Directory;
  readonly direct: DirectOpener;
  readonly setPresence: Gateway["setPresence"];
  /** The bot's user id. */
  readonly self: string;
  readonly clock: Clock;
}

/** A turn's place in a server. */
export type ServerAddress = Address & { readonly space: string };

/** Makes a call at once, outside of the outbox, and reads its answer. Throws the contract's errors. */
export async function ask<T>(
  { rest }: Pick<Tools, "rest">,
  schema: z.ZodType<T>,
  call: RestCall,
): Promise<T> {
  const answer = schema.safeParse(await rest.call(call));
  if (!answer.success)
    throw new Unknown(`What Discord answered to ${call.call} cannot be read.`, { where: call.call });
  return answer.data;
}
