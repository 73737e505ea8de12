import { GatewayDispatchEvents as E } from "discord-api-types/v10";
import { z } from "zod";
import { invalidField, missingPermissions, unknown } from "../../errors.js";
import { text, wholeNumber } from "../../form.js";
import type { Guild, Member } from "../../guild.js";
import { fullMemberPayload } from "../../render.js";
import { snowflake } from "../../snowflake.js";
import { checkOutranks, guildIn, idIn, memberIn, P } from "../find.js";
import { type Context, nothing, route } from "../route.js";

/** The longest time-out (Discord, "Modify Guild Member"). */
const MAX_TIMEOUT_MS = 28 * 24 * 60 * 60 * 1000;

function memberChanged({ world }: Context, guild: Guild, member: Member): object {
  world.dispatcher.emit({
    event: E.GuildMemberUpdate,
    guild,
    data: () => ({ guild_id: guild.id, ...fullMemberPayload(member) }),
  });
  world.changed();
  return fullMemberPayload(member);
}

const modifyGuildMember = route(
  "modifyGuildMember",
  "PATCH /guilds/:guild/members/:user",
  {
    ...nothing,
    body: z.object({
      nick: text(32).nullish(),
      roles: z.array(snowflake).nullish(),
      communication_disabled_until: z.iso.datetime({ offset: true }).nullish(),
    }),
  },
  (context) => {
    const { world, input } = context;
    const guild = guildIn(context);
    const member = memberIn(context, guild);
    const { nick, roles, communication_disabled_until: until } = input;
    if (nick !== undefined) guildIn(context, P.ManageNicknames);
    if (roles !== undefined) guildIn(context, P.ManageRoles);
    if (until !== undefined) guildIn(context, P.ModerateMembers);
    checkOutranks(context, guild, member);
    if (until != null) {
      if (Date.parse(until) - world.clock.now() > MAX_TIMEOUT_MS)
        throw invalidField(
          "communication_disabled_until",
          "COMMUNICATION_DISABLED_UNTIL_TOO_FAR",
          "A time-out lasts 28 days at most.",
        );
      const isAdministrator = guild
        .rolesOf(member)
        .some(({ permissions }) => (BigInt(permissions) & P.Administrator) !== 0n);
      if (isAdministrator) throw missingPermissions();
    }
    if (nick !== undefined) member.nick = nick === "" ? null : nick;
    if (roles !== undefined) member.roles = (roles ?? []).filter((id) => guild.roles.has(id));
    if (until !== undefined) member.timedOutUntil = until;
    return memberChanged(context, guild, member);
  },
);

/** A role that the bot may hand out: below its own highest one. */
function roleToHandOut(context: Context, guild: Guild) {
  const role = guild.roles.get(idIn(context, "role"));
  if (role === undefined) throw unknown("Role");
  if (role.managed || role.id === guild.id || guild.rank(guild.member(context.bot.id)) <= role.position)
    throw missingPermissions();
  return role;
}

const addRole = route(
  "addGuildMemberRole",
  "PUT /guilds/:guild/members/:user/roles/:role",
  nothing,
  (context) => {
    const guild = guildIn(context, P.ManageRoles);
    const member = memberIn(context, guild);
    const { id } = roleToHandOut(context, guild);
    if (!member.roles.includes(id)) member.roles.push(id);
    memberChanged(context, guild, member);
  },
);

const removeRole = route(
  "removeGuildMemberRole",
  "DELETE /guilds/:guild/members/:user/roles/:role",
  nothing,
  (context) => {
    const guild = guildIn(context, P.ManageRoles);
    const member = memberIn(context, guild);
    const { id } = roleToHandOut(context, guild);
    member.roles = member.roles.filter((other) => other !== id);
    memberChanged(context, guild, member);
  },
);

const removeGuildMember = route(
  "removeGuildMember",
  "DELETE /guilds/:guild/members/:user",
  nothing,
  (context) => {
    const guild = guildIn(context, P.KickMembers);
    const member = memberIn(context, guild);
    checkOutranks(context, guild, member);
    context.world.leave(guild, member.user);
  },
);

function banPayload(context: Context, userId: string, reason: string | null) {
  return { reason, user: context.world.users.get(userId) };
}

const createGuildBan = route(
  "createGuildBan",
  "PUT /guilds/:guild/bans/:user",
  {
    ...nothing,
    body: z.object({
      delete_message_seconds: z.int().min(0).max(604_800).optional(),
      delete_message_days: z.int().min(0).max(7).optional(),
    }),
  },
  (context) => {
    const { world, input, reason } = context;
    const guild = guildIn(context, P.BanMembers);
    const user = world.users.get(idIn(context, "user"));
    if (user === undefined) throw unknown("User");
    const member = guild.members.get(user.id);
    if (member !== undefined) checkOutranks(context, guild, member);
    guild.bans.set(user.id, reason ?? null);
    world.leave(guild, user);
    world.dispatcher.emit({ event: E.GuildBanAdd, guild, data: () => ({ guild_id: guild.id, user }) });
    const seconds = input.delete_message_seconds ?? (input.delete_message_days ?? 0) * 86_400;
    if (seconds > 0) world.messages.deleteRecent(guild, user.id, seconds);
  },
);

const removeGuildBan = route("removeGuildBan", "DELETE /guilds/:guild/bans/:user", nothing, (context) => {
  const { world } = context;
  const guild = guildIn(context, P.BanMembers);
  const user = world.users.get(idIn(context, "user"));
  if (user === undefined || !guild.bans.delete(user.id)) throw unknown("Ban");
  world.dispatcher.emit({ event: E.GuildBanRemove, guild, data: () => ({ guild_id: guild.id, user }) });
});

const getGuildBans = route(
  "getGuildBans",
  "GET /guilds/:guild/bans",
  {
    ...nothing,
    query: z.object({
      limit: wholeNumber(1, 1000).default(1000),
      before: snowflake.optional(),
      after: snowflake.optional(),
    }),
  },
  (context) =>
    [...guildIn(context, P.BanMembers).bans]
      .slice(0, context.search.limit)
      .map(([id, reason]) => banPayload(context, id, reason)),
);

const getGuildBan = route("getGuildBan", "GET /guilds/:guild/bans/:user", nothing, (context) => {
  const { bans } = guildIn(context, P.BanMembers);
  const id = idIn(context, "user");
  const reason = bans.get(id);
  if (reason === undefined) throw unknown("Ban");
  return banPayload(context, id, reason);
});

export const memberRoutes = [
  modifyGuildMember,
  addRole,
  removeRole,
  removeGuildMember,
  createGuildBan,
  removeGuildBan,
  getGuildBan,
  getGuildBans,
];
