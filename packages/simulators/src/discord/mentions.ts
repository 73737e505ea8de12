import type { APIUser } from "discord-api-types/v10";
import type { Channel } from "./channel.js";
import { P } from "./permissions.js";

/** Whom a message may mention; what is left out here is shown and pings nobody (Discord, "Allowed Mentions Object"). */
export interface AllowedMentions {
  parse?: readonly ("users" | "roles" | "everyone")[] | undefined;
  users?: readonly string[] | undefined;
  roles?: readonly string[] | undefined;
  replied_user?: boolean | undefined;
}

export interface Mentions {
  users: APIUser[];
  roles: string[];
  everyone: boolean;
}

const USER = /<@!?(\d{17,20})>/g;
const ROLE = /<@&(\d{17,20})>/g;
const EVERYONE = /@(?:everyone|here)\b/;

/** Whom the text mentions. Without `allowed` everybody that the writer may mention. */
export function mentionsIn(
  content: string,
  channel: Channel,
  permissions: bigint,
  allowed: AllowedMentions | undefined,
  find: (id: string) => APIUser | undefined,
): Mentions {
  const may = (kind: "users" | "roles", id: string) =>
    allowed === undefined || allowed.parse?.includes(kind) === true || allowed[kind]?.includes(id) === true;
  const pingsAll = (permissions & P.MentionEveryone) !== 0n;
  const users = idsIn(content, USER).flatMap((id) => (may("users", id) ? (find(id) ?? []) : []));
  const roles = idsIn(content, ROLE).filter((id) => {
    const role = channel.guild?.roles.get(id);
    return role !== undefined && (role.mentionable || pingsAll) && may("roles", id);
  });
  const everyone =
    channel.guild !== undefined &&
    pingsAll &&
    EVERYONE.test(content) &&
    (allowed === undefined || allowed.parse?.includes("everyone") === true);
  return { users, roles, everyone };
}

function idsIn(content: string, pattern: RegExp): string[] {
  return [...new Set([...content.matchAll(pattern)].flatMap(([, id]) => id ?? []))];
}
