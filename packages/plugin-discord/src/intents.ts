import { NeedsAction } from "@elizaos/connector-core";
import { ApplicationFlags, GatewayIntentBits } from "discord-api-types/v10";
import type { DiscordConfig } from "./config.js";

const PORTAL = "Discord Developer Portal: your application, Bot, Privileged Gateway Intents";

/** The privileged intents, by the names of their switches in the portal, and the flags that say they are on. */
const PRIVILEGED = {
  content: {
    bit: GatewayIntentBits.MessageContent,
    name: "Message Content Intent",
    flags: ApplicationFlags.GatewayMessageContent | ApplicationFlags.GatewayMessageContentLimited,
  },
  members: {
    bit: GatewayIntentBits.GuildMembers,
    name: "Server Members Intent",
    flags: ApplicationFlags.GatewayGuildMembers | ApplicationFlags.GatewayGuildMembersLimited,
  },
  presence: {
    bit: GatewayIntentBits.GuildPresences,
    name: "Presence Intent",
    flags: ApplicationFlags.GatewayPresence | ApplicationFlags.GatewayPresenceLimited,
  },
} as const;

/** What needs no permission: servers, messages, threads and reactions. */
const PLAIN =
  GatewayIntentBits.Guilds |
  GatewayIntentBits.GuildMessages |
  GatewayIntentBits.GuildMessageReactions |
  GatewayIntentBits.DirectMessages |
  GatewayIntentBits.DirectMessageReactions |
  GatewayIntentBits.GuildMessagePolls |
  GatewayIntentBits.DirectMessagePolls;

export interface Intents {
  readonly bits: number;
  /** What is missing, for the operator; the account runs all the same. */
  readonly note?: string;
}

/**
 * The intents to ask for, as far as the portal allows them. Without the one for message content Discord still gives the text of private
 * messages and of messages that mention the bot, so that is told and no reason to stay away.
 *
 * @param flags the application's, as Discord says
 * @throws NeedsAction for one that the config asks for and the portal has switched off
 */
export function intentsOf({ intents }: Pick<DiscordConfig, "intents">, flags: number): Intents {
  const isOn = ({ flags: bits }: { readonly flags: number }) => (flags & bits) !== 0;
  const { content, members, presence } = PRIVILEGED;
  for (const [key, wanted] of [
    ["guildMembers", members],
    ["presence", presence],
  ] as const) {
    if (intents[key] && !isOn(wanted))
      throw new NeedsAction(`intents.${key} asks for what the bot may not have.`, {
        where: `intents.${key}`,
        mend: `Switch the ${wanted.name} on (${PORTAL}), or take intents.${key} out of the config; then start again.`,
      });
  }
  const asked = (intents.guildMembers ? members.bit : 0) | (intents.presence ? presence.bit : 0);
  if (isOn(content)) return { bits: PLAIN | asked | content.bit };
  return {
    bits: PLAIN | asked,
    note: `The ${content.name} is off: of messages that neither mention the bot nor are private, Discord gives no text. Switch it on (${PORTAL})`,
  };
}

/** What Discord's refusal of the intents means, when it came all the same. */
export function disallowedIntents(): NeedsAction {
  return new NeedsAction("Discord refuses the gateway intents that the bot asks for (close code 4014).", {
    mend: `Switch the Message Content Intent on, and those that intents.guildMembers and intents.presence ask for (${PORTAL}); then start again.`,
  });
}
