import { z } from "zod";
import { ApiError, unknown } from "../../errors.js";
import { guildPermissions } from "../../permissions.js";
import { channelPayload } from "../../render.js";
import { snowflake } from "../../snowflake.js";
import { idIn } from "../find.js";
import { type Context, nothing, openRoute, route } from "../route.js";

const getGateway = openRoute("getGateway", "GET /gateway", nothing, ({ gateway }) => ({ url: gateway.url }));

const getGatewayBot = route("getGatewayBot", "GET /gateway/bot", nothing, ({ gateway, bot }) => ({
  url: gateway.url,
  shards: 1,
  session_start_limit: gateway.sessionStartLimit(bot),
}));

function application({ bot }: Context) {
  const { id, username } = bot.user;
  return {
    id,
    name: username,
    icon: null,
    description: "",
    summary: "",
    type: null,
    bot: bot.user,
    bot_public: true,
    bot_require_code_grant: false,
    verify_key: "0".repeat(64),
    flags: bot.flags,
    hook: true,
    integration_types_config: { 0: {} },
    redirect_uris: [],
    interactions_endpoint_url: null,
    role_connections_verification_url: null,
    owner: null,
    team: null,
  };
}

const getCurrentApplication = route("getCurrentApplication", "GET /applications/@me", nothing, application);
const getCurrentBotApplication = route(
  "getCurrentBotApplicationInformation",
  "GET /oauth2/applications/@me",
  nothing,
  application,
);

const getCurrentUser = route("getCurrentUser", "GET /users/@me", nothing, ({ bot }) => ({
  ...bot.user,
  verified: true,
  mfa_enabled: true,
  email: null,
  flags: 0,
  locale: "en-US",
  bio: "",
}));

const getUser = route("getUser", "GET /users/:user", nothing, (context) => {
  const user = context.world.users.get(idIn(context, "user"));
  if (user === undefined) throw unknown("User");
  return user;
});

const getCurrentUserGuilds = route(
  "getCurrentUserGuilds",
  "GET /users/@me/guilds",
  nothing,
  ({ world, bot }) =>
    [...world.guilds.values()].flatMap((guild) => {
      const member = guild.members.get(bot.id);
      if (member === undefined) return [];
      const { id, name, ownerId } = guild;
      const permissions = String(guildPermissions(guild, member));
      return { id, name, icon: null, banner: null, owner: ownerId === bot.id, permissions, features: [] };
    }),
);

const createDm = route(
  "createDm",
  "POST /users/@me/channels",
  { ...nothing, body: z.object({ recipient_id: snowflake }) },
  ({ world, bot, input }) => {
    const user = world.users.get(input.recipient_id);
    if (user === undefined) throw new ApiError(400, 50033, "Invalid Recipient(s)");
    if (user.id === bot.id) throw new ApiError(400, 50033, "Invalid Recipient(s)");
    return channelPayload(world.direct(bot, user), bot.id);
  },
);

export const accountRoutes = [
  getGateway,
  getGatewayBot,
  getCurrentApplication,
  getCurrentBotApplication,
  getCurrentUser,
  getCurrentUserGuilds,
  getUser,
  createDm,
];
