import { OverwriteType, PermissionFlagsBits as P, Routes } from "discord-api-types/v10";
import { z } from "zod";
import { isThread } from "../directory.js";
import { ALL_PERMISSIONS } from "../permissions.js";
import { ask, type Tools } from "./tools.js";

const bits = z.string().regex(/^\d+$/).transform(BigInt);
const guildSchema = z.object({
  owner_id: z.string(),
  roles: z.array(z.object({ id: z.string(), permissions: bits })),
});
const memberSchema = z.object({
  roles: z.array(z.string()),
  communication_disabled_until: z.string().nullish(),
});
export const overwritesField = z
  .array(z.object({ id: z.string(), type: z.int(), allow: bits, deny: bits }))
  .default([]);
const channelSchema = z.object({
  type: z.int(),
  parent_id: z.string().nullish(),
  permission_overwrites: overwritesField,
});

type Overwrites = z.output<typeof overwritesField>;

/** All that a member keeps during a time-out (Discord: "Permissions For Timed Out Members"). */
const TIMED_OUT = P.ViewChannel | P.ReadMessageHistory;
/** What goes with the permission to write (Discord: "Implicit Permissions"). */
const NEEDS_SEND = P.MentionEveryone | P.SendTTSMessages | P.AttachFiles | P.EmbedLinks;

export interface Somebody {
  readonly server: string;
  readonly user: string;
}

/** What somebody may do in a channel with these overwrites; those of a thread are its channel's. */
type Standing = (channel: { readonly overwrites: Overwrites; readonly isThread: boolean }) => bigint;

/** What decides about somebody in all channels of a server. Throws the contract's errors. */
export async function standingOf(
  tools: Pick<Tools, "rest" | "clock">,
  { server, user }: Somebody,
  signal: AbortSignal,
): Promise<Standing> {
  const [guild, member] = await Promise.all([
    ask(tools, guildSchema, { call: "GET server", method: "GET", route: Routes.guild(server), signal }),
    ask(tools, memberSchema, {
      call: "GET member",
      method: "GET",
      route: Routes.guildMember(server, user),
      signal,
    }),
  ]);
  // The role of everybody has the server's id.
  const held = new Set([server, ...member.roles]);
  const base = guild.roles.filter(({ id }) => held.has(id)).reduce((sum, role) => sum | role.permissions, 0n);
  const isAbove = guild.owner_id === user || (base & P.Administrator) !== 0n;
  const until = member.communication_disabled_until;
  const isTimedOut = !!until && Date.parse(until) > tools.clock.now();
  return ({ overwrites, isThread: isInThread }) => {
    if (isAbove) return ALL_PERMISSIONS;
    const ofRoles = overwrites.filter(({ id, type }) => type === OverwriteType.Role && held.has(id));
    const everybody = ofRoles.filter(({ id }) => id === server);
    const others = ofRoles.filter(({ id }) => id !== server);
    const own = overwrites.filter(({ id, type }) => type === OverwriteType.Member && id === user);
    const may = [everybody, others, own].reduce(apply, base);
    return withoutImplied(isTimedOut ? may & TIMED_OUT : may, isInThread);
  };
}

/**
 * What somebody may do in a channel or thread (Discord: "Permission Overwrites"). Whether they have joined a private thread is not looked at.
 * Throws the contract's errors.
 */
export async function permissionsAt(
  tools: Pick<Tools, "rest" | "clock">,
  { channel, ...somebody }: Somebody & { readonly channel: string },
  signal: AbortSignal,
): Promise<bigint> {
  const get = (id: string) =>
    ask(tools, channelSchema, { call: "GET channel", method: "GET", route: Routes.channel(id), signal });
  const [standing, found] = await Promise.all([standingOf(tools, somebody, signal), get(channel)]);
  const isInThread = isThread(found.type);
  const { permission_overwrites: overwrites } =
    isInThread && found.parent_id ? await get(found.parent_id) : found;
  return standing({ overwrites, isThread: isInThread });
}

/** Without what Discord takes away along with other permissions ("Implicit Permissions"). */
function withoutImplied(may: bigint, isInThread: boolean): bigint {
  if ((may & P.ViewChannel) === 0n) return 0n;
  const speak = isInThread ? P.SendMessagesInThreads : P.SendMessages;
  return (may & speak) === 0n ? may & ~NEEDS_SEND : may;
}

/** Of several overwrites, what one allows no other takes away. */
function apply(may: bigint, overwrites: Overwrites): bigint {
  const denied = overwrites.reduce((sum, { deny }) => sum | deny, 0n);
  const allowed = overwrites.reduce((sum, { allow }) => sum | allow, 0n);
  return (may & ~denied) | allowed;
}
