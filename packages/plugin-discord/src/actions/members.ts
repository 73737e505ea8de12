import { type Action, defineAction } from "@elizaos/connector-core";
import { Routes } from "discord-api-types/v10";
import { z } from "zod";
import { userSchema } from "../inbound/wire.js";
import { atMost, userId } from "./input.js";
import { rolesOf } from "./roles.js";
import { showUser } from "./show.js";
import { ask, type Tools } from "./tools.js";

/** Discord gives up to 1,000 ("Search Guild Members"). */
const MAX_FOUND = 25;
/** Names have at most 32 characters (Discord: "Modify Guild Member", "Usernames and Nicknames"). */
const MAX_NAME = 32;

const getInput = z.strictObject({
  user: userId
    .optional()
    .describe("User id. Leave it out for whoever wrote the message that you are answering."),
});
const findInput = z.strictObject({
  name: atMost(MAX_NAME).describe("How their username or nickname begins."),
});

const memberSchema = z.object({
  user: userSchema,
  nick: z.string().nullish(),
  roles: z.array(z.string()),
  joined_at: z.string().nullish(),
  communication_disabled_until: z.string().nullish(),
});

export function memberActions(tools: Tools, server: string): readonly Action[] {
  if (!tools.config.actions.memberInfo) return [];
  const get = defineAction({
    name: "members.get",
    description: "Tells who a member of the server is: names, roles, since when, whether timed out.",
    input: getInput,
    async run({ user }, { event, signal }) {
      const route = Routes.guildMember(server, user ?? event.sender.id);
      const [member, roles] = await Promise.all([
        ask(tools, memberSchema, { call: "GET member", method: "GET", route, signal }),
        rolesOf(tools, server, signal),
      ]);
      const { communication_disabled_until: until, joined_at: joinedAt } = member;
      return {
        ...showUser(member.user, member.nick),
        roles: roles.filter(({ id }) => member.roles.includes(id)).map(({ id, name }) => ({ id, name })),
        ...(joinedAt ? { joinedAt } : {}),
        ...(until && Date.parse(until) > tools.clock.now() ? { timedOutUntil: until } : {}),
      };
    },
  });
  const find = defineAction({
    name: "members.find",
    description: `Finds up to ${MAX_FOUND} members of the server by how their name begins.`,
    input: findInput,
    async run({ name }, { signal }) {
      const members = await ask(tools, z.array(memberSchema), {
        call: "GET member search",
        method: "GET",
        route: Routes.guildMembersSearch(server),
        query: new URLSearchParams({ query: name, limit: String(MAX_FOUND) }),
        signal,
      });
      return { members: members.map(({ user, nick }) => showUser(user, nick)) };
    },
  });
  return [get, find];
}
