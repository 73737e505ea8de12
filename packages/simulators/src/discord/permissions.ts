import { type APIOverwrite, OverwriteType, PermissionFlagsBits as P } from "discord-api-types/v10";
import type { Channel } from "./channel.js";
import type { Guild, Member } from "./guild.js";

export { P };

const ALL_PERMISSIONS = Object.values(P).reduce((all, bit) => all | bit, 0n);

/** What a new server lets everybody do, as of 2026. */
export const DEFAULT_PERMISSIONS = 2_248_473_465_835_073n;

/** All that a timed out member keeps (Discord, "Permissions For Timed Out Members"). */
const TIMED_OUT = P.ViewChannel | P.ReadMessageHistory;

const NEEDS_SEND = P.MentionEveryone | P.SendTTSMessages | P.AttachFiles | P.EmbedLinks;

/** What a member may do in the whole server. */
export function guildPermissions(guild: Guild, member: Member): bigint {
  if (member.user.id === guild.ownerId) return ALL_PERMISSIONS;
  const granted = guild.rolesOf(member).reduce((bits, role) => bits | BigInt(role.permissions), 0n);
  return (granted & P.Administrator) === 0n ? granted : ALL_PERMISSIONS;
}

/** What a member may do in a channel or thread (Discord, "Permission Overwrites"). */
export function channelPermissions(channel: Channel, guild: Guild, member: Member, now: number): bigint {
  const base = guildPermissions(guild, member);
  if (base === ALL_PERMISSIONS) return base;
  const overwrites = new Map((channel.parent ?? channel).overwrites.map((entry) => [entry.id, entry]));
  let bits = apply(base, [overwrites.get(guild.id)]);
  bits = apply(
    bits,
    member.roles.map((id) => overwrites.get(id)),
  );
  const own = overwrites.get(member.user.id);
  bits = apply(bits, own?.type === OverwriteType.Member ? [own] : []);
  if (isTimedOut(member, now)) bits &= TIMED_OUT;
  if ((bits & P.ViewChannel) === 0n) return 0n;
  const speak = channel.thread === undefined ? P.SendMessages : P.SendMessagesInThreads;
  return (bits & speak) === 0n ? bits & ~NEEDS_SEND : bits;
}

export function isTimedOut({ timedOutUntil }: Member, now: number): boolean {
  return timedOutUntil !== null && Date.parse(timedOutUntil) > now;
}

/** Of several overwrites, allow wins over deny. */
function apply(bits: bigint, overwrites: readonly (APIOverwrite | undefined)[]): bigint {
  const of = (key: "allow" | "deny") =>
    overwrites.reduce((sum, overwrite) => sum | BigInt(overwrite?.[key] ?? 0), 0n);
  return (bits & ~of("deny")) | of("allow");
}
