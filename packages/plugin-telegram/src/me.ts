import { Transient } from "@elizaos/connector-core";
import { z } from "zod";
import type { Client } from "./client.js";
import { connectorError } from "./errors.js";
import type { Bot } from "./inbound/index.js";

const botSchema = z.object({ id: z.int(), username: z.string() });

/** Asks Telegram whose token it is. Throws the contract's errors. */
export async function getMe(client: Client, signal: AbortSignal, limitMs?: number): Promise<Bot> {
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
  if (parsed.success) return { id: String(parsed.data.id), username: parsed.data.username };
  throw new Transient("The server answers getMe, but not with a bot.", {
    where: "getMe",
    mend: "Check that apiRoot is a Bot API server.",
  });
}
