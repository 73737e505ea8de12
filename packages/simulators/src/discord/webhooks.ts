import { randomBytes } from "node:crypto";
import { type APIUser, WebhookType } from "discord-api-types/v10";
import type { Bot } from "./bot.js";
import type { Channel } from "./channel.js";

/** A way to write into a channel under a name of one's own. */
export interface Webhook {
  id: string;
  token: string;
  name: string;
  channel: Channel;
  /** The bot that made it; undefined: a person did. */
  bot: Bot | undefined;
}

export function newWebhook(id: string, name: string, channel: Channel, bot?: Bot): Webhook {
  return { id, token: randomBytes(48).toString("base64url"), name, channel, bot };
}

export function webhookPayload({ id, token, name, channel, bot }: Webhook): object {
  return {
    id,
    type: WebhookType.Incoming,
    name,
    avatar: null,
    channel_id: channel.id,
    guild_id: channel.guild?.id,
    application_id: bot?.id ?? null,
    token,
    ...(bot !== undefined && { user: bot.user }),
  };
}

/** Who stands as author of what a webhook writes. */
export function webhookAuthor({ id, name }: Pick<Webhook, "id" | "name">, username = name): APIUser {
  return { id, username, discriminator: "0000", global_name: null, avatar: null, bot: true };
}
