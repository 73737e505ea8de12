import { type Address, Rejected } from "@elizaos/connector-core";
import { Routes } from "discord-api-types/v10";
import { z } from "zod";
import type { Rest } from "./rest.js";

const PREFIX = "user:";
const MAX_REMEMBERED = 1_000;
const channelSchema = z.object({ id: z.string() });

/** Where a person is written to in private. */
export function directAddress(user: string): Address {
  return { chat: `${PREFIX}${user}` };
}

/** Opens private chats with people: the chat `user:<id>` stands for that with a user. */
export class DirectOpener {
  readonly #rest: Rest;
  readonly #opened = new Map<string, string>();

  constructor(rest: Rest) {
    this.#rest = rest;
  }

  /** The address itself, or that of the private chat that it stands for. Throws the contract's errors. */
  async resolve(to: Address, signal: AbortSignal): Promise<Address> {
    if (!to.chat.startsWith(PREFIX)) return to;
    const user = to.chat.slice(PREFIX.length);
    const known = this.#opened.get(user);
    if (known !== undefined) return { ...to, chat: known };
    // Asking twice gives the same chat.
    const raw = await this.#rest.call({
      call: "POST private channel",
      method: "POST",
      route: Routes.userChannels(),
      body: { recipient_id: user },
      signal,
      isRepeatable: true,
    });
    const channel = channelSchema.safeParse(raw);
    if (!channel.success)
      throw new Rejected("Discord opened no private chat.", { where: "POST private channel" });
    if (this.#opened.size >= MAX_REMEMBERED) this.#opened.clear();
    this.#opened.set(user, channel.data.id);
    return { ...to, chat: channel.data.id };
  }
}
