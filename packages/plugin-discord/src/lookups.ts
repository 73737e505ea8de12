import { type ConnectionContext, ConnectorError } from "@elizaos/connector-core";
import { Routes } from "discord-api-types/v10";
import { z } from "zod";
import type { DiscordConfig } from "./config.js";
import type { Directory } from "./directory.js";
import { isUnknown } from "./inbound/place.js";
import { patiently } from "./patience.js";
import type { Rest } from "./rest.js";

const whereSchema = z.object({
  channel_id: z.string(),
  guild_id: z.string().optional(),
  channel_type: z.int().optional(),
  mention_roles: z.array(z.string()).default([]),
});

export interface LookupsOptions {
  readonly rest: Rest;
  readonly directory: Directory;
  readonly config: DiscordConfig;
  readonly context: Pick<ConnectionContext, "clock" | "log">;
  readonly signal: AbortSignal;
}

/**
 * Fills in what decides about an event and was not told with it. A session that was resumed brings no list of channels and roles, so
 * that the channel of a thread and the role that is the bot are asked for once.
 */
export class Lookups {
  readonly #options: LookupsOptions;
  /** Channels and servers that Discord would not tell of. */
  readonly #refused = new Set<string>();

  constructor(options: LookupsOptions) {
    this.#options = options;
  }

  /** Waits for Discord as long as it takes, since nothing may be stored under a wrong address. Rejects when the signal is aborted. */
  async complete(data: unknown): Promise<void> {
    const { directory } = this.#options;
    const where = whereSchema.safeParse(data);
    if (!where.success) return;
    const { channel_id: channel, guild_id: guild, mention_roles: roles } = where.data;
    if (isUnknown(directory, where.data))
      await this.#once(
        channel,
        async () =>
          void directory.learnChannel(await this.#get("GET channel", Routes.channel(channel)), guild),
      );
    if (roles.length > 0 && guild !== undefined && directory.guild(guild) === undefined)
      await this.#once(guild, async () =>
        directory.learnRoles(guild, await this.#get("GET guild roles", Routes.guildRoles(guild))),
      );
  }

  async #once(id: string, look: () => Promise<void>): Promise<void> {
    if (this.#refused.has(id)) return;
    const { context, signal } = this.#options;
    try {
      await patiently(look, { clock: context.clock, signal });
    } catch (error) {
      signal.throwIfAborted();
      if (!ConnectorError.isInstance(error)) throw error;
      context.log.debug({ err: error, id }, "Discord does not tell of this place");
      this.#refused.add(id);
    }
  }

  #get(call: string, route: `/${string}`): Promise<unknown> {
    return this.#options.rest.call({ call, method: "GET", route, signal: this.#options.signal });
  }
}
