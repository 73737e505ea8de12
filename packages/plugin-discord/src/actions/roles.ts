import { type Action, defineAction } from "@elizaos/connector-core";
import { Routes } from "discord-api-types/v10";
import { z } from "zod";
import { permissionNames } from "../permissions.js";
import { because, reason, snowflake, userId } from "./input.js";
import { ask, type Tools } from "./tools.js";

const role = snowflake.describe("The role's id, as roles.list tells it.");
const listInput = z.strictObject({});
const getInput = z.strictObject({ role });
const changeInput = z.strictObject({ user: userId, role, reason });

const rolesSchema = z.array(
  z.object({
    id: z.string(),
    name: z.string(),
    position: z.int(),
    managed: z.boolean().optional(),
    mentionable: z.boolean().optional(),
    hoist: z.boolean().optional(),
    permissions: z.string().regex(/^\d+$/),
  }),
);
type Role = z.infer<typeof rolesSchema>[number];

/** The server's roles, the highest first. Throws the contract's errors. */
export async function rolesOf(tools: Tools, server: string, signal: AbortSignal): Promise<readonly Role[]> {
  const call = "GET server roles";
  const roles = await ask(tools, rolesSchema, {
    call,
    method: "GET",
    route: Routes.guildRoles(server),
    signal,
  });
  return roles.sort((a, b) => b.position - a.position);
}

export function roleInfoActions(tools: Tools, server: string): readonly Action[] {
  if (!tools.config.actions.roleInfo) return [];
  const list = defineAction({
    name: "roles.list",
    description: "Lists the server's roles, the highest first.",
    input: listInput,
    async run(_, { signal }) {
      return { roles: (await rolesOf(tools, server, signal)).map(showRole) };
    },
  });
  const get = defineAction({
    name: "roles.get",
    description: "Tells what a role of the server may do, by the names of Discord's settings.",
    input: getInput,
    async run({ role }, { signal }) {
      const call = "GET server role";
      const route = Routes.guildRole(server, role);
      const found = await ask(tools, rolesSchema.element, { call, method: "GET", route, signal });
      return { ...showRole(found), permissions: permissionNames(BigInt(found.permissions)) };
    },
  });
  return [list, get];
}

export function roleActions(tools: Tools, server: string): readonly Action[] {
  if (!tools.config.actions.roles) return [];
  const add = defineAction({
    name: "roles.add",
    description: "Gives a member of the server a role.",
    input: changeInput,
    async run({ user, role, reason }, { signal }) {
      await tools.rest.call({
        call: "PUT member role",
        method: "PUT",
        route: Routes.guildMemberRole(server, user, role),
        signal,
        ...because(reason),
      });
      return { user, added: role };
    },
  });
  const remove = defineAction({
    name: "roles.remove",
    description: "Takes a role from a member of the server.",
    input: changeInput,
    async run({ user, role, reason }, { signal }) {
      await tools.rest.call({
        call: "DELETE member role",
        method: "DELETE",
        route: Routes.guildMemberRole(server, user, role),
        signal,
        ...because(reason),
      });
      return { user, removed: role };
    },
  });
  return [add, remove];
}

function showRole({ id, name, managed, mentionable, hoist }: Role) {
  return {
    id,
    name,
    // Integrations and bots have theirs; nobody can be given one.
    ...(managed === true ? { isManaged: true } : {}),
    ...(mentionable === true ? { mentionable: true } : {}),
    ...(hoist === true ? { shownApart: true } : {}),
  };
}
