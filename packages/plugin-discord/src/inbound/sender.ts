import type { Sender } from "@elizaos/connector-core";
import type { WireMember, WireUser } from "./wire.js";

export interface SenderContext {
  /** The bot's user id. */
  readonly self: string;
  /** Id of the webhook that posted it. */
  readonly webhook?: string;
}

/** Who wrote. A webhook's post has an author that is no user: it counts as a bot that the webhook relayed. */
export function readSender(
  user: WireUser,
  member: WireMember | null | undefined,
  { self, webhook }: SenderContext,
): Sender {
  const name = member?.nick ?? user.global_name ?? user.username;
  return {
    id: user.id,
    ...(name ? { name } : {}),
    ...(user.username === undefined ? {} : { username: user.username }),
    ...(member?.roles === undefined ? {} : { roles: member.roles }),
    ...(user.id === self ? { isSelf: true } : {}),
    ...(user.bot === true || user.system === true || webhook !== undefined ? { isBot: true } : {}),
    ...(webhook === undefined ? {} : { via: webhook }),
  };
}
