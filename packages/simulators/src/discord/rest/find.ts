import { canSee, permissionsIn, require } from "../access.js";
import type { Channel } from "../channel.js";
import { invalidField, missingAccess, missingPermissions, unknown } from "../errors.js";
import type { Guild, Member } from "../guild.js";
import type { Emoji, StoredMessage } from "../message.js";
import { guildPermissions, isTimedOut, P } from "../permissions.js";
import type { Call, Context } from "./route.js";

/** An id in the path. */
export function idIn({ params }: Pick<Call, "params">, key: string): string {
  const value = params.get(key) ?? "";
  if (!/^\d{1,20}$/.test(value))
    throw invalidField(`${key}_id`, "NUMBER_TYPE_COERCE", `Value "${value}" is not snowflake.`);
  return value;
}

/** The channel in the path, if the bot sees it and has these permissions there. */
export function channelIn(context: Context, needed = 0n): Channel {
  const channel = context.world.channels.get(idIn(context, "channel"));
  if (channel === undefined) throw unknown("Channel");
  require(channel, context.bot.id, needed, context.world.clock.now());
  return channel;
}

/** The message in the path. Somebody else's ephemeral message is not there. */
export function messageIn(context: Context, channel: Channel): StoredMessage {
  const stored = channel.messages.get(idIn(context, "message"));
  if (stored === undefined || stored.ephemeralFor !== undefined) throw unknown("Message");
  return stored;
}

export function has({ world, bot }: Context, channel: Channel, permission: bigint): boolean {
  return (permissionsIn(channel, bot.id, world.clock.now()) & permission) === permission;
}

export function sees({ world, bot }: Context, channel: Channel): boolean {
  return canSee(channel, bot.id, world.clock.now());
}

/** The server in the path, if the bot is in it and may do this there. */
export function guildIn(context: Context, needed = 0n): Guild {
  const guild = context.world.guilds.get(idIn(context, "guild"));
  if (guild === undefined) throw unknown("Guild");
  const own = guild.members.get(context.bot.id);
  if (own === undefined) throw missingAccess();
  const lost = isTimedOut(own, context.world.clock.now());
  if (needed !== 0n && (lost || (guildPermissions(guild, own) & needed) !== needed))
    throw missingPermissions();
  return guild;
}

export function memberIn(context: Context, guild: Guild, key = "user"): Member {
  const member = guild.members.get(idIn(context, key));
  if (member !== undefined) return member;
  throw unknown(context.world.users.has(idIn(context, key)) ? "Member" : "User");
}

/** Nobody acts on who stands as high or higher (Discord, "Permission Hierarchy"). */
export function checkOutranks({ bot }: Context, guild: Guild, member: Member): void {
  if (guild.rank(guild.member(bot.id)) <= guild.rank(member)) throw missingPermissions();
}

/** The emoji in the path: a standard one, or `name:id` of a server that the bot is in. */
export function emojiIn({ world, params, bot }: Context): Emoji {
  const text = params.get("emoji") ?? "";
  const [name = "", id] = text.replace(/^a:/, "").split(":");
  if (id !== undefined) {
    const found = [...world.guilds.values()]
      .filter(({ members }) => members.has(bot.id))
      .flatMap(({ emojis }) => emojis.get(id) ?? [])[0];
    if (found === undefined) throw unknown("Emoji");
    return { id, name: found.name ?? name, ...(found.animated === true && { animated: true }) };
  }
  if (!isStandardEmoji(name)) throw unknown("Emoji");
  return { id: null, name };
}

const STANDARD =
  /^(?:\p{Regional_Indicator}{2}|[0-9#*]\u{fe0f}?\u{20e3}|\p{Extended_Pictographic}(?:\p{Emoji_Modifier}|\u{fe0f})*(?:\u{200d}\p{Extended_Pictographic}(?:\p{Emoji_Modifier}|\u{fe0f})*)*)$/u;

function isStandardEmoji(text: string): boolean {
  return STANDARD.test(text);
}

/** @throws ApiError 50001 or 50013 */
export function need(context: Context, channel: Channel, permission: bigint): void {
  require(channel, context.bot.id, permission, context.world.clock.now());
}

export { P };
