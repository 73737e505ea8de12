import type { Guild } from "../guild.js";
import type { GatewaySession } from "./session.js";

/** Servers are not available yet: each comes with its GUILD_CREATE. */
export function readyPayload(
  { id, bot, shard }: GatewaySession,
  guilds: readonly Guild[],
  url: string,
): object {
  return {
    v: 10,
    user: { ...bot.user, verified: true, mfa_enabled: true, email: null, flags: 0, bio: "" },
    guilds: guilds.map((guild) => ({ id: guild.id, unavailable: true })),
    session_id: id,
    session_type: "normal",
    resume_gateway_url: url,
    shard,
    application: { id: bot.id, flags: bot.flags },
    private_channels: [],
    relationships: [],
    presences: [],
    user_settings: {},
    guild_join_requests: [],
    _trace: ["simulator"],
  };
}
