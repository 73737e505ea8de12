import { z } from "zod";
import { canSee } from "../../access.js";
import { unknown } from "../../errors.js";
import { flag, wholeNumber } from "../../form.js";
import { channelPayload, fullMemberPayload, guildPayload } from "../../render.js";
import { byId, snowflake } from "../../snowflake.js";
import { guildIn, idIn, memberIn } from "../find.js";
import { nothing, route } from "../route.js";

const getGuild = route(
  "getGuild",
  "GET /guilds/:guild",
  { ...nothing, query: z.object({ with_counts: flag.default(false) }) },
  (context) => {
    const guild = guildIn(context);
    return {
      ...guildPayload(guild),
      ...(context.search.with_counts && {
        approximate_member_count: guild.members.size,
        approximate_presence_count: guild.members.size,
      }),
    };
  },
);

const getGuildChannels = route("getGuildChannels", "GET /guilds/:guild/channels", nothing, (context) => {
  const { world, bot } = context;
  return world
    .channelsOf(guildIn(context))
    .filter((channel) => channel.thread === undefined && canSee(channel, bot.id, world.clock.now()))
    .map((channel) => channelPayload(channel, bot.id));
});

const listActiveThreads = route(
  "listActiveGuildThreads",
  "GET /guilds/:guild/threads/active",
  nothing,
  (context) => {
    const { world, bot } = context;
    const threads = world
      .channelsOf(guildIn(context))
      .filter((channel) => channel.thread?.archived === false && canSee(channel, bot.id, world.clock.now()))
      .map((channel) => channelPayload(channel, bot.id));
    return { threads, members: [] };
  },
);

const getGuildRoles = route("getGuildRoles", "GET /guilds/:guild/roles", nothing, (context) => [
  ...guildIn(context).roles.values(),
]);

const getGuildRole = route("getGuildRole", "GET /guilds/:guild/roles/:role", nothing, (context) => {
  const role = guildIn(context).roles.get(idIn(context, "role"));
  if (role === undefined) throw unknown("Role");
  return role;
});

const listGuildMembers = route(
  "listGuildMembers",
  "GET /guilds/:guild/members",
  { ...nothing, query: z.object({ limit: wholeNumber(1, 1000).default(1), after: snowflake.default("0") }) },
  (context) => {
    const { limit, after } = context.search;
    return [...guildIn(context).members.values()]
      .filter(({ user }) => byId(user.id, after) > 0)
      .sort((a, b) => byId(a.user.id, b.user.id))
      .slice(0, limit)
      .map(fullMemberPayload);
  },
);

const searchGuildMembers = route(
  "searchGuildMembers",
  "GET /guilds/:guild/members/search",
  { ...nothing, query: z.object({ query: z.string(), limit: wholeNumber(1, 1000).default(1) }) },
  (context) => {
    const { query, limit } = context.search;
    const start = query.toLowerCase();
    return [...guildIn(context).members.values()]
      .filter(({ user, nick }) =>
        [user.username, user.global_name, nick].some((name) => name?.toLowerCase().startsWith(start)),
      )
      .slice(0, limit)
      .map(fullMemberPayload);
  },
);

const getGuildMember = route("getGuildMember", "GET /guilds/:guild/members/:user", nothing, (context) =>
  fullMemberPayload(memberIn(context, guildIn(context))),
);

export const guildRoutes = [
  getGuild,
  getGuildChannels,
  listActiveThreads,
  getGuildRoles,
  getGuildRole,
  searchGuildMembers,
  listGuildMembers,
  getGuildMember,
];
