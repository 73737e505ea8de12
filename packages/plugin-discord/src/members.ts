import {
  type Clock,
  ConnectorError,
  type InboundEvent,
  type Logger,
  RecentMap,
  type Sender,
} from "@elizaos/connector-core";
import { Routes } from "discord-api-types/v10";
import type { z } from "zod";
import type { DiscordConfig } from "./config.js";
import { guildSettings } from "./guilds.js";
import { readSender } from "./inbound/sender.js";
import { memberSchema, userSchema } from "./inbound/wire.js";
import type { Rest } from "./rest.js";

const MAX_REMEMBERED = 1_000;
/** So long a member who was given a role, or lost one, may count as before. */
const REMEMBERED_MS = 60_000;

const foundSchema = memberSchema.extend({ user: userSchema });
type Found = z.infer<typeof foundSchema> | undefined;

export interface MembersOptions {
  readonly config: Pick<DiscordConfig, "guilds" | "groupAllowFrom" | "reactionNotifications">;
  readonly rest: Rest;
  readonly clock: Clock;
  readonly log: Logger;
  /** The bot's user id. */
  readonly self: string;
}

/** Members of servers, asked for where their roles decide and Discord does not say them by itself. */
export class Members {
  readonly #options: MembersOptions;
  /** By server and user; undefined for who is no member. */
  readonly #known = new RecentMap<string, { readonly at: number; readonly found: Found }>(MAX_REMEMBERED);

  constructor(options: MembersOptions) {
    this.#options = options;
  }

  /** Marks what comes without the roles of whoever did it (API: "Message Reaction Remove", "Message Poll Vote Add"). */
  marked(event: InboundEvent): InboundEvent {
    return this.#isInQuestion(event) ? { ...event, needsHydration: true } : event;
  }

  /** See `Connection.hydrate`. */
  async complete(event: InboundEvent, signal: AbortSignal): Promise<InboundEvent> {
    const { sender, address } = event;
    if (address.space === undefined || !this.#isInQuestion(event)) return event;
    const found = await this.#find(address.space, sender.id, signal);
    if (found === undefined) return event;
    return { ...event, sender: { ...sender, ...readSender(found.user, found, this.#options) } };
  }

  /** The roles of a member, where roles decide who is heard. Throws the contract's errors where another try may tell. */
  async rolesOf(
    user: string,
    { address }: Pick<InboundEvent, "address">,
    signal: AbortSignal,
  ): Promise<Pick<Sender, "roles">> {
    if (address.space === undefined || !this.#doRolesDecide(address)) return {};
    const found = await this.#find(address.space, user, signal);
    return found?.roles === undefined ? {} : { roles: found.roles };
  }

  #isInQuestion({ kind, sender, address }: InboundEvent): boolean {
    if ((kind !== "reaction" && kind !== "vote") || sender.roles !== undefined) return false;
    if (address.space === undefined || !this.#doRolesDecide(address)) return false;
    const { config } = this.#options;
    const { reactionNotifications } = guildSettings(config, address);
    const wanted = reactionNotifications?.value ?? config.reactionNotifications;
    return kind === "vote" || wanted !== "off";
  }

  #doRolesDecide(address: InboundEvent["address"]): boolean {
    return guildSettings(this.#options.config, address).roles !== undefined;
  }

  async #find(guild: string, user: string, signal: AbortSignal): Promise<Found> {
    const { clock } = this.#options;
    const key = `${guild}/${user}`;
    const known = this.#known.get(key);
    if (known !== undefined && clock.now() - known.at < REMEMBERED_MS) return known.found;
    const found = await this.#ask(guild, user, signal);
    this.#known.set(key, { at: clock.now(), found });
    return found;
  }

  /** Undefined where Discord says that there is no such member. */
  async #ask(guild: string, user: string, signal: AbortSignal): Promise<Found> {
    const { rest, log } = this.#options;
    const route = Routes.guildMember(guild, user);
    try {
      return foundSchema.parse(await rest.call({ call: "GET guild member", method: "GET", route, signal }));
    } catch (error) {
      signal.throwIfAborted();
      if (ConnectorError.isInstance(error) && error.retryable) throw error;
      log.debug({ err: error, guild }, "Discord does not tell of a member");
      return undefined;
    }
  }
}
