import { GatewayDispatchEvents as E, GatewayIntentBits as I } from "discord-api-types/v10";
import { canSee } from "./access.js";
import type { Bot } from "./bot.js";
import type { Channel } from "./channel.js";
import type { GatewaySession } from "./gateway/session.js";
import type { Guild } from "./guild.js";

/** The intents that bring an event, for servers and for private chats (Discord, "List of Intents"); 0: none is needed. */
const INTENTS: { readonly [event: string]: readonly [guild: number, direct: number] } = {
  [E.GuildMemberAdd]: [I.GuildMembers, 0],
  [E.GuildMemberUpdate]: [I.GuildMembers, 0],
  [E.GuildMemberRemove]: [I.GuildMembers, 0],
  [E.ThreadMembersUpdate]: [I.Guilds | I.GuildMembers, 0],
  [E.GuildBanAdd]: [I.GuildModeration, 0],
  [E.GuildBanRemove]: [I.GuildModeration, 0],
  [E.GuildEmojisUpdate]: [I.GuildExpressions, 0],
  [E.GuildStickersUpdate]: [I.GuildExpressions, 0],
  [E.WebhooksUpdate]: [I.GuildWebhooks, 0],
  [E.VoiceStateUpdate]: [I.GuildVoiceStates, 0],
  [E.PresenceUpdate]: [I.GuildPresences, 0],
  [E.MessageCreate]: [I.GuildMessages, I.DirectMessages],
  [E.MessageUpdate]: [I.GuildMessages, I.DirectMessages],
  [E.MessageDelete]: [I.GuildMessages, I.DirectMessages],
  [E.MessageDeleteBulk]: [I.GuildMessages, 0],
  [E.MessageReactionAdd]: [I.GuildMessageReactions, I.DirectMessageReactions],
  [E.MessageReactionRemove]: [I.GuildMessageReactions, I.DirectMessageReactions],
  [E.MessageReactionRemoveAll]: [I.GuildMessageReactions, I.DirectMessageReactions],
  [E.MessageReactionRemoveEmoji]: [I.GuildMessageReactions, I.DirectMessageReactions],
  [E.TypingStart]: [I.GuildMessageTyping, I.DirectMessageTyping],
  [E.GuildScheduledEventCreate]: [I.GuildScheduledEvents, 0],
  [E.GuildScheduledEventUpdate]: [I.GuildScheduledEvents, 0],
  [E.GuildScheduledEventDelete]: [I.GuildScheduledEvents, 0],
  [E.GuildScheduledEventUserAdd]: [I.GuildScheduledEvents, 0],
  [E.GuildScheduledEventUserRemove]: [I.GuildScheduledEvents, 0],
  [E.MessagePollVoteAdd]: [I.GuildMessagePolls, I.DirectMessagePolls],
  [E.MessagePollVoteRemove]: [I.GuildMessagePolls, I.DirectMessagePolls],
  [E.InteractionCreate]: [0, 0],
  [E.UserUpdate]: [0, 0],
};
/** Servers, channels, roles, threads and pins. */
const OTHERS: readonly [number, number] = [I.Guilds, I.DirectMessages];

export interface Occurrence {
  event: E;
  guild?: Guild | undefined;
  channel?: Channel | undefined;
  /** Only this bot is told. */
  only?: Bot;
  /** The payload; undefined: this session is told nothing. */
  data: (session: GatewaySession) => object | undefined;
}

/** Tells the gateway sessions of what happened: those that are there, may see it and asked for it. */
export class Dispatcher {
  readonly #bots: () => Iterable<Bot>;
  readonly #now: () => number;

  constructor(bots: () => Iterable<Bot>, now: () => number) {
    this.#bots = bots;
    this.#now = now;
  }

  emit({ event, guild, channel, only, data }: Occurrence): void {
    const server = guild ?? channel?.guild;
    const [inGuild, direct] = INTENTS[event] ?? OTHERS;
    const intent = server === undefined ? direct : inGuild;
    for (const bot of only === undefined ? this.#bots() : [only]) {
      if (bot.revoked || (only === undefined && !this.#isThere(bot, server, channel))) continue;
      for (const session of bot.sessions) {
        if (!session.has(intent) || !session.serves(server?.id)) continue;
        const payload = data(session);
        if (payload !== undefined) session.dispatch(event, payload);
      }
    }
  }

  #isThere(bot: Bot, guild: Guild | undefined, channel: Channel | undefined): boolean {
    if (channel !== undefined) return canSee(channel, bot.id, this.#now());
    return guild === undefined || guild.members.has(bot.id);
  }
}
