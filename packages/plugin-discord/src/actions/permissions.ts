import { type Action, defineAction } from "@elizaos/connector-core";
import { z } from "zod";
import { channelOf } from "../outbound.js";
import { ALL_PERMISSIONS, permissionNames } from "../permissions.js";
import { otherChannel, otherPlace } from "./places.js";
import { permissionsAt } from "./standing.js";
import type { Tools } from "./tools.js";

const getInput = z.strictObject({ channel: otherChannel });

export function permissionActions(tools: Tools, server: string): readonly Action[] {
  if (!tools.config.actions.permissions) return [];
  const get = defineAction({
    name: "permissions.get",
    description:
      "Tells what you may do in this channel or another of the server, by the names of Discord's settings.",
    input: getInput,
    async run({ channel: named }, turn) {
      const to = await otherPlace(tools, turn, named);
      const channel = channelOf(to);
      const where = { server: to.space ?? server, channel, user: tools.self };
      const may = await permissionsAt(tools, where, turn.signal);
      return {
        channel,
        ...(may === ALL_PERMISSIONS ? { isAdministrator: true } : {}),
        permissions: permissionNames(may),
      };
    },
  });
  return [get];
}
