import { ChannelType } from "discord-api-types/v10";
import type { Channel } from "./channel.js";
import { missingAccess, missingPermissions } from "./errors.js";
import { channelPermissions, isTimedOut, P } from "./permissions.js";

/** What somebody may do in a channel; nothing for who is not there. In a private chat: everything that exists there. */
export function permissionsIn(channel: Channel, userId: string, now: number): bigint {
  if (channel.guild === undefined) return channel.recipients.some(({ id }) => id === userId) ? DM : 0n;
  const member = channel.guild.members.get(userId);
  return member === undefined ? 0n : channelPermissions(channel, channel.guild, member, now);
}

/** Whether somebody sees the channel; a private thread also needs to be joined. */
export function canSee(channel: Channel, userId: string, now: number): boolean {
  const bits = permissionsIn(channel, userId, now);
  if ((bits & P.ViewChannel) === 0n) return false;
  if (channel.type !== ChannelType.PrivateThread) return true;
  return channel.thread?.members.has(userId) === true || (bits & P.ManageThreads) !== 0n;
}

/**
 * @param needed all of these bits
 * @throws ApiError 50001 when the channel cannot be seen, 50013 when a permission is missing there
 */
export function require(channel: Channel, userId: string, needed: bigint, now: number): void {
  if (!canSee(channel, userId, now)) throw missingAccess();
  if ((permissionsIn(channel, userId, now) & needed) !== needed) throw missingPermissions();
}

/** What a message in this channel needs; threads have a permission of their own. */
export function speakingIn(channel: Channel): bigint {
  return channel.thread === undefined ? P.SendMessages : P.SendMessagesInThreads;
}

export function canSpeak(channel: Channel, userId: string, now: number): boolean {
  const member = channel.guild?.members.get(userId);
  if (member !== undefined && isTimedOut(member, now)) return false;
  return canSee(channel, userId, now) && (permissionsIn(channel, userId, now) & speakingIn(channel)) !== 0n;
}

const DM =
  P.ViewChannel |
  P.SendMessages |
  P.ReadMessageHistory |
  P.AddReactions |
  P.AttachFiles |
  P.EmbedLinks |
  P.UseExternalEmojis |
  P.UseExternalStickers |
  P.SendPolls |
  P.SendVoiceMessages |
  P.PinMessages;
