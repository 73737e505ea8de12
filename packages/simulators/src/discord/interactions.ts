import { randomBytes } from "node:crypto";
import {
  type APIUser,
  GatewayDispatchEvents,
  InteractionContextType,
  type InteractionResponseType,
  type InteractionType,
} from "discord-api-types/v10";
import { permissionsIn } from "./access.js";
import type { Bot } from "./bot.js";
import type { Channel } from "./channel.js";
import type { Component } from "./components.js";
import { guildId } from "./draft.js";
import { type StoredMessage, viewOf } from "./message.js";
import { channelPayload, fullMemberPayload } from "./render.js";
import type { World } from "./world.js";

/** The first answer must come within this time. */
const ANSWER_MS = 3_000;
/** How long the token of an interaction works. */
const TOKEN_MS = 15 * 60 * 1000;
const KEPT = 1_000;

export interface Modal {
  custom_id: string;
  title: string;
  components: Component[];
}

/** What a person asked of a bot, and how far its answer is. */
export interface Interaction {
  id: string;
  token: string;
  type: InteractionType;
  bot: Bot;
  user: APIUser;
  channel: Channel;
  /** ms of the clock */
  at: number;
  /** The message whose button was pressed. */
  source: StoredMessage | undefined;
  /** Of a command. */
  name: string | undefined;
  /** The first answer; undefined while there is none. */
  answer?: InteractionResponseType;
  /** The message that the first answer made, or is to become. */
  original?: StoredMessage;
  /** Whether a deferred answer is to be ephemeral. */
  ephemeral?: boolean;
  modal?: Modal;
  choices?: readonly { name: string; value: string | number }[];
}

export interface Ask {
  type: InteractionType;
  bot: Bot;
  user: APIUser;
  channel: Channel;
  data: object;
  source?: StoredMessage;
  name?: string;
}

/** Brings what people ask to the bots, and keeps what is still to be answered. */
export class Interactions {
  readonly #world: World;
  readonly #kept = new Map<string, Interaction>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Tells the bot what a person pressed, chose or ran. */
  ask({ type, bot, user, channel, data, source, name }: Ask): Interaction {
    const world = this.#world;
    const now = world.clock.now();
    const interaction: Interaction = {
      id: world.ids.next(),
      token: randomBytes(48).toString("base64url"),
      type,
      bot,
      user,
      channel,
      at: now,
      source,
      name,
    };
    this.#kept.set(interaction.token, interaction);
    const oldest = this.#kept.keys().next().value;
    if (this.#kept.size > KEPT && oldest !== undefined) this.#kept.delete(oldest);
    const { guild } = channel;
    const member = guild?.members.get(user.id);
    const permissions = String(permissionsIn(channel, user.id, now));
    world.dispatcher.emit({
      event: GatewayDispatchEvents.InteractionCreate,
      channel,
      only: bot,
      data: () => ({
        id: interaction.id,
        application_id: bot.id,
        type,
        token: interaction.token,
        version: 1,
        data,
        channel_id: channel.id,
        channel: channelPayload(channel, bot.id),
        app_permissions: String(permissionsIn(channel, bot.id, now)),
        attachment_size_limit: 10 * 1024 * 1024,
        locale: "en-US",
        entitlements: [],
        entitlement_sku_ids: [],
        context: guild === undefined ? InteractionContextType.BotDM : InteractionContextType.Guild,
        authorizing_integration_owners: guild === undefined ? { 0: "0" } : { 0: guild.id },
        ...(guild !== undefined && {
          ...guildId(channel),
          guild: { id: guild.id, locale: "en-US", features: [] },
          guild_locale: "en-US",
        }),
        ...(member === undefined ? { user } : { member: { ...fullMemberPayload(member), permissions } }),
        ...(source !== undefined && {
          message: viewOf(source, { id: bot.id, readsContent: true }, world.cdn),
        }),
      }),
    });
    world.changed();
    return interaction;
  }

  /** The interaction with this token, while the token works; one that was not answered in time is gone. */
  find(token: string): Interaction | undefined {
    const found = this.#kept.get(token);
    if (found === undefined) return undefined;
    const age = this.#world.clock.now() - found.at;
    return age >= (found.answer === undefined ? ANSWER_MS : TOKEN_MS) ? undefined : found;
  }
}
