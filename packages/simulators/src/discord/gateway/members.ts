import { GatewayDispatchEvents, GatewayIntentBits } from "discord-api-types/v10";
import { fullMemberPayload } from "../render.js";
import type { World } from "../world.js";
import type { MemberRequest } from "./payloads.js";
import type { GatewaySession } from "./session.js";

/** Members in one GUILD_MEMBERS_CHUNK. */
const CHUNK = 1_000;

/** Answers a request for members (opcode 8). All of them need the intent for members; without it nothing comes. */
export function answerMemberRequest(world: World, session: GatewaySession, request: MemberRequest): void {
  const guild = world.guilds.get(request.guild_id);
  if (guild === undefined || !guild.members.has(session.bot.id)) return;
  const { query, limit, user_ids: ids, nonce } = request;
  const wantsAll = ids === undefined && (query ?? "") === "" && limit === 0;
  if (wantsAll && !session.has(GatewayIntentBits.GuildMembers)) return;
  const found = [...guild.members.values()].filter(({ user, nick }) =>
    ids === undefined
      ? [user.username, user.global_name, nick].some((name) =>
          name?.toLowerCase().startsWith((query ?? "").toLowerCase()),
        )
      : ids.includes(user.id),
  );
  const members = (limit === 0 ? found : found.slice(0, limit)).map(fullMemberPayload);
  const count = Math.max(1, Math.ceil(members.length / CHUNK));
  for (let index = 0; index < count; index += 1) {
    session.dispatch(GatewayDispatchEvents.GuildMembersChunk, {
      guild_id: guild.id,
      members: members.slice(index * CHUNK, (index + 1) * CHUNK),
      chunk_index: index,
      chunk_count: count,
      ...(ids !== undefined && { not_found: ids.filter((id) => !guild.members.has(id)) }),
      ...(nonce !== undefined && { nonce }),
    });
  }
}
