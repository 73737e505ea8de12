import { type ConnectionContext, ConnectorError, pause } from "@elizaos/connector-core";
import {
  ChannelType,
  GatewayDispatchEvents as E,
  PermissionFlagsBits as P,
  Routes,
} from "discord-api-types/v10";
import { z } from "zod";
import { overwritesField, standingOf } from "./actions/standing.js";
import { ask } from "./actions/tools.js";
import type { DiscordConfig } from "./config.js";
import { type Directory, isThread } from "./directory.js";
import { namedChannels } from "./guilds.js";
import { patiently } from "./patience.js";
import { permissionNames } from "./permissions.js";
import type { Rest } from "./rest.js";

/** Between two look-ups: they are in no hurry, and must not use up what answers need. */
const PAUSE_MS = 1_000;
/** Several changes in a row are looked at together. */
const SETTLE_MS = 5_000;
const MAX_CHANNELS = 100;
/** Lines of the status; what is missing in further channels is counted. */
const MAX_NOTES = 10;

/** After these somebody may have given or taken a permission. */
const CHANGES: ReadonlySet<string> = new Set([
  E.GuildCreate,
  E.GuildMemberUpdate,
  E.GuildRoleCreate,
  E.GuildRoleUpdate,
  E.GuildRoleDelete,
  E.ChannelCreate,
  E.ChannelUpdate,
  E.ChannelDelete,
]);

const MEND = "Give it that in the channel's settings, or its role in the server's";

const channelSchema = z.object({
  name: z.string().nullish(),
  type: z.int(),
  parent_id: z.string().nullish(),
  permission_overwrites: overwritesField,
});

type Standing = Awaited<ReturnType<typeof standingOf>>;

export interface AccessOptions {
  readonly config: Pick<DiscordConfig, "guilds">;
  readonly rest: Rest;
  readonly directory: Directory;
  readonly context: Pick<ConnectionContext, "clock" | "log" | "note">;
  /** The bot's user id. */
  readonly self: string;
  readonly signal: AbortSignal;
}

/**
 * Looks whether the bot may see, read and write in the channels that the config names, and notes what it lacks: Discord tells a bot
 * nothing of a channel that it may not see, so that it would be online and silent there.
 */
export class Access {
  readonly #options: AccessOptions;
  readonly #channels: readonly { readonly guild: string; readonly channel: string }[];
  #running = false;
  /** Something changed while it was looked at. */
  #isStale = false;

  constructor(options: AccessOptions) {
    this.#options = options;
    this.#channels = namedChannels(options.config.guilds).slice(0, MAX_CHANNELS);
  }

  /** Takes what the gateway tells; looks again when that may have changed what the bot may do. */
  follow(type: string): void {
    if (CHANGES.has(type)) this.look();
  }

  /** Looks in the background. Never throws. */
  look(): void {
    this.#isStale = true;
    if (this.#running || this.#channels.length === 0) return;
    this.#running = true;
    void this.#run().finally(() => {
      this.#running = false;
    });
  }

  async #run(): Promise<void> {
    const { context, signal } = this.#options;
    while (this.#isStale) {
      await pause(context.clock, SETTLE_MS, signal);
      if (signal.aborted) return;
      this.#isStale = false;
      try {
        this.#note(await this.#lacks());
      } catch (error) {
        if (signal.aborted) return;
        context.log.debug({ err: error }, "what the bot may do in its channels is not known");
      }
    }
  }

  /** What is wrong, a sentence for each channel. */
  async #lacks(): Promise<readonly string[]> {
    const { rest, context, self, signal } = this.#options;
    const lacks: string[] = [];
    for (const guild of new Set(this.#channels.map((each) => each.guild))) {
      const standing = await this.#get(() =>
        standingOf({ rest, clock: context.clock }, { server: guild, user: self }, signal),
      );
      if (standing === undefined) {
        lacks.push(`The bot is not in the server ${guild}, which guilds names. Invite it, or correct the id`);
        continue;
      }
      for (const { channel } of this.#channels.filter((each) => each.guild === guild)) {
        const lack = await this.#lackOf(channel, standing);
        if (lack !== undefined) lacks.push(lack);
      }
    }
    return lacks;
  }

  async #lackOf(id: string, standing: Standing): Promise<string | undefined> {
    const channel = await this.#channel(id);
    if (channel === undefined)
      return `${this.#nameOf(id)}: the bot lacks View Channel, or there is no such channel. ${MEND}`;
    const isInThread = isThread(channel.type);
    const parent = isInThread && channel.parent_id ? await this.#channel(channel.parent_id) : channel;
    const overwrites = (parent ?? channel).permission_overwrites;
    const may = standing({ overwrites, isThread: isInThread });
    const speak =
      isInThread || channel.type === ChannelType.GuildForum ? P.SendMessagesInThreads : P.SendMessages;
    const missing = (P.ViewChannel | speak | P.ReadMessageHistory) & ~may;
    if (missing === 0n) return undefined;
    // Who may not see a channel may do nothing there.
    const names = permissionNames((missing & P.ViewChannel) === 0n ? missing : P.ViewChannel);
    return `${this.#nameOf(id, channel.name ?? undefined)}: the bot lacks ${names.join(" and ")}. ${MEND}`;
  }

  #channel(id: string): Promise<z.infer<typeof channelSchema> | undefined> {
    const { rest, signal } = this.#options;
    const request = { call: "GET channel", method: "GET", route: Routes.channel(id), signal } as const;
    return this.#get(() => ask({ rest }, channelSchema, request));
  }

  /** Undefined for what the bot may not see. */
  async #get<T>(look: () => Promise<T>): Promise<T | undefined> {
    const { context, signal } = this.#options;
    await pause(context.clock, PAUSE_MS, signal);
    signal.throwIfAborted();
    try {
      return await patiently(look, { clock: context.clock, signal });
    } catch (error) {
      if (ConnectorError.isInstance(error) && (error.code === "gone" || error.code === "rejected"))
        return undefined;
      throw error;
    }
  }

  #nameOf(id: string, name = this.#options.directory.channel(id)?.name): string {
    return name ? `#${name}` : `Channel ${id}`;
  }

  #note(lacks: readonly string[]): void {
    const { note } = this.#options.context;
    for (let index = 0; index < MAX_NOTES; index += 1) note(`access/${index}`, lacks[index]);
    const more = lacks.length - MAX_NOTES;
    note("access/more", more > 0 ? `The bot lacks permissions in ${more} more of its channels.` : undefined);
  }
}
