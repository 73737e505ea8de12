import { type Action, ConnectorError, defineAction } from "@elizaos/connector-core";
import { PermissionFlagsBits, Routes } from "discord-api-types/v10";
import { z } from "zod";
import { userId } from "./input.js";
import { permissionsAt } from "./standing.js";
import { ask, type Tools } from "./tools.js";

const input = z.strictObject({
  user: userId
    .optional()
    .describe("User id. Leave it out for whoever wrote the message that you are answering."),
});

const stateSchema = z.object({
  channel_id: z.string().nullable(),
  mute: z.boolean(),
  deaf: z.boolean(),
  self_mute: z.boolean(),
  self_deaf: z.boolean(),
  self_stream: z.boolean().optional(),
  self_video: z.boolean().optional(),
});

export function voiceActions(tools: Tools, server: string): readonly Action[] {
  if (!tools.config.actions.voiceStatus) return [];
  const get = defineAction({
    name: "voice.status",
    description:
      "Tells in which voice channel of the server somebody is, as far as whoever asks sees it, and whether they are muted.",
    input,
    async run({ user }, { event, isOwner, signal }) {
      const who = user ?? event.sender.id;
      const call = "GET voice state";
      const route = Routes.guildVoiceState(server, who);
      const state = await unlessNone(ask(tools, stateSchema, { call, method: "GET", route, signal }));
      if (state === undefined || state.channel_id === null) return { user: who, channel: null };
      if (!isOwner && who !== event.sender.id) {
        const looking = { server, channel: state.channel_id, user: event.sender.id };
        const isSeen =
          ((await permissionsAt(tools, looking, signal)) & PermissionFlagsBits.ViewChannel) !== 0n;
        // As nobody shows them a channel that is not theirs to see.
        if (!isSeen) return { user: who, channel: null };
      }
      const name = tools.directory.channel(state.channel_id)?.name;
      return {
        user: who,
        channel: state.channel_id,
        ...(name === undefined ? {} : { name }),
        muted: state.mute || state.self_mute,
        deafened: state.deaf || state.self_deaf,
        ...(state.self_stream === true ? { streaming: true } : {}),
        ...(state.self_video === true ? { video: true } : {}),
      };
    },
  });
  return [get];
}

/** Who is in no voice channel has no state: Unknown Voice State, 10065 (Discord: "Opcodes and Status Codes"). */
async function unlessNone<T>(state: Promise<T>): Promise<T | undefined> {
  try {
    return await state;
  } catch (error) {
    if (ConnectorError.isInstance(error) && /code 10065\b/.test(error.message)) return undefined;
    throw error;
  }
}
