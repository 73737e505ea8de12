import { GatewayDispatchEvents as E } from "discord-api-types/v10";
import { z } from "zod";
import { missingPermissions, unknown } from "../../errors.js";
import { text } from "../../form.js";
import type { Guild } from "../../guild.js";
import { guildIn, idIn, P } from "../find.js";
import { type Context, nothing, route } from "../route.js";

const fields = z.object({
  name: text(100).optional(),
  permissions: z.union([z.string().regex(/^\d+$/), z.int().transform(String)]).optional(),
  color: z.int().min(0).max(0xffffff).optional(),
  hoist: z.boolean().optional(),
  mentionable: z.boolean().optional(),
});

/** A role below the bot's own highest one. */
function roleIn(context: Context, guild: Guild) {
  const role = guild.roles.get(idIn(context, "role"));
  if (role === undefined) throw unknown("Role");
  if (guild.rank(guild.member(context.bot.id)) <= role.position) throw missingPermissions();
  return role;
}

const createGuildRole = route(
  "createGuildRole",
  "POST /guilds/:guild/roles",
  { ...nothing, body: fields },
  (context) => {
    const { world, input } = context;
    const guild = guildIn(context, P.ManageRoles);
    const { name = "new role", permissions = "0", mentionable = false, color = 0, hoist = false } = input;
    const options = { permissions: BigInt(permissions), mentionable };
    const role = Object.assign(guild.addRole(world.ids.next(), name, options), { color, hoist });
    world.dispatcher.emit({ event: E.GuildRoleCreate, guild, data: () => ({ guild_id: guild.id, role }) });
    return role;
  },
);

const modifyGuildRole = route(
  "modifyGuildRole",
  "PATCH /guilds/:guild/roles/:role",
  { ...nothing, body: fields },
  (context) => {
    const { world, input } = context;
    const guild = guildIn(context, P.ManageRoles);
    const role = roleIn(context, guild);
    const given = Object.entries(input).filter(([, value]) => value !== undefined);
    Object.assign(role, Object.fromEntries(given));
    world.dispatcher.emit({ event: E.GuildRoleUpdate, guild, data: () => ({ guild_id: guild.id, role }) });
    return role;
  },
);

const deleteGuildRole = route("deleteGuildRole", "DELETE /guilds/:guild/roles/:role", nothing, (context) => {
  const { world } = context;
  const guild = guildIn(context, P.ManageRoles);
  const { id } = roleIn(context, guild);
  guild.roles.delete(id);
  for (const member of guild.members.values()) member.roles = member.roles.filter((other) => other !== id);
  world.dispatcher.emit({
    event: E.GuildRoleDelete,
    guild,
    data: () => ({ guild_id: guild.id, role_id: id }),
  });
});

export const roleRoutes = [createGuildRole, modifyGuildRole, deleteGuildRole];
