import { Transient } from "@elizaos/connector-core";
import { z } from "zod";
import type { Client } from "./client.js";
import { connectorError } from "./errors.js";
import type { Bot } from "./inbound/index.js";

const botSchema = z.object({
  id: z.int(),
  username: z.string(),
  can_read_all_group_messages: z.boolean().optional(),
});

export interface Me extends Bot {
  /** False: privacy mode is on. Undefined: the server does not say. */
  readonly readsAll: boolean | undefined;
}

/** Asks Telegram whose token it is. Throws the contract's errors. */
export async function getMe(client: Client, signal: AbortSignal, limitMs?: number): Promise<Me> {
  let answer: unknown;
  try {
    answer = await client.call((api, limited) => api.getMe(limited), {
      signal,
      ...(limitMs === undefined ? {} : { limitMs }),
    });
  } catch (error) {
    throw connectorError(error, "getMe");
  }
  const parsed = botSchema.safeParse(answer);
  if (parsed.success) {
    const { id, username, can_read_all_group_messages: readsAll } = parsed.data;
    return { id: String(id), username, readsAll };
  }
  throw new Transient("The server answers getMe, but not with a bot.", {
    where: "getMe",
    mend: "Check that apiRoot is a Bot API server.",
  });
}
