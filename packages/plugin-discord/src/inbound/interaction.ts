import type { ButtonEvent, CommandEvent } from "@elizaos/connector-core";
import { ApplicationCommandType, ComponentType, InteractionType, MessageFlags } from "discord-api-types/v10";
import { z } from "zod";
import { dataOf } from "../buttons.js";
import { interactionRoute } from "../interactions/route.js";
import { orderOf, timeOf } from "../snowflake.js";
import { placeIn } from "./place.js";
import { NONE, type ReadContext, type Reading } from "./reading.js";
import { readSender } from "./sender.js";
import { id, memberSchema, userSchema, type WireMember, type WireUser } from "./wire.js";

const componentSchema = z.object({
  custom_id: z.string(),
  component_type: z.int(),
  /** Of selects. */
  values: z.array(z.string()).default([]),
});
const commandSchema = z.object({
  name: z.string(),
  type: z.int(),
  options: z
    .array(z.object({ value: z.union([z.string(), z.number(), z.boolean()]).optional() }))
    .default([]),
});

/** API reference, "Interaction Object". */
export const interactionSchema = z.object({
  id,
  type: z.int(),
  token: z.string(),
  channel_id: id.optional(),
  guild_id: id.optional(),
  channel: z.object({ type: z.int() }).optional(),
  /** In servers. */
  member: memberSchema.extend({ user: userSchema }).optional(),
  /** In private. */
  user: userSchema.optional(),
  /** Whose component was used. */
  message: z.object({ id, flags: z.int().default(0) }).optional(),
  data: z.unknown(),
});
type WireInteraction = z.infer<typeof interactionSchema>;

/** What every interaction that is served says. */
interface Asked {
  readonly interaction: WireInteraction;
  readonly user: WireUser;
  readonly member: WireMember | undefined;
  readonly channel: string;
}

/** A button that was pressed, a select that was used or a command that was given; everything else is not served. */
export function readInteraction(interaction: WireInteraction, context: ReadContext): Reading {
  const { type, member, channel_id: channel } = interaction;
  const user = member?.user ?? interaction.user;
  if (channel === undefined || user === undefined) return NONE;
  const asked = { interaction, user, member, channel };
  switch (type) {
    case InteractionType.MessageComponent:
      return readPress(asked, context);
    case InteractionType.ApplicationCommand:
      return readCommand(asked, context);
    default:
      return NONE;
  }
}

function readPress(asked: Asked, context: ReadContext): Reading {
  const { interaction, user } = asked;
  const { message } = interaction;
  const component = componentSchema.safeParse(interaction.data);
  if (!component.success || message === undefined) return unreadable("component");
  const { custom_id: customId, component_type: kind, values } = component.data;
  const { address, ...rest } = commonOf(asked, context);
  // What answers under a message that one person alone sees is for that person as well.
  const isEphemeral = (message.flags & MessageFlags.Ephemeral) !== 0;
  const route = isEphemeral
    ? { route: routeOf(asked, context, { user: user.id, isEphemeral, isDeferred: false }) }
    : {};
  const event: ButtonEvent = {
    kind: "button",
    ...rest,
    address: { ...address, message: message.id, ...route },
    data: kind === ComponentType.Button ? dataOf(customId) : values.join(","),
  };
  const { id: of, token } = interaction;
  return { type: "event", event, acknowledgement: { interaction: of, token, of: "component" } };
}

function readCommand(asked: Asked, context: ReadContext): Reading {
  const { interaction, user } = asked;
  const command = commandSchema.safeParse(interaction.data);
  if (!command.success) return unreadable("command");
  if (command.data.type !== ApplicationCommandType.ChatInput) return NONE;
  const name = command.data.name.toLowerCase();
  const { address, ...rest } = commonOf(asked, context);
  const isEphemeral = interaction.guild_id !== undefined && context.isPrivate(name);
  const written = command.data.options.flatMap(({ value }) => (value === undefined ? [] : [String(value)]));
  const event: CommandEvent = {
    kind: "command",
    ...rest,
    name,
    address: {
      ...address,
      route: routeOf(asked, context, { user: user.id, isEphemeral, isDeferred: true }),
    },
    content: {
      text: [`/${name}`, ...written].join(" "),
      ranges: [{ type: "command", offset: 0, length: name.length + 1 }],
      mentionsSelf: "command",
    },
  };
  const { id: of, token } = interaction;
  return { type: "event", event, acknowledgement: { interaction: of, token, of: "command", isEphemeral } };
}

function commonOf({ interaction, user, member, channel }: Asked, { directory, self }: ReadContext) {
  const { id: of, guild_id, channel: told } = interaction;
  const { address, chat } = placeIn(directory, { channel_id: channel, guild_id, channel_type: told?.type });
  return {
    keys: [`interaction:${of}`],
    sentAt: timeOf(of),
    order: orderOf(of),
    address,
    chat,
    sender: readSender(user, member, { self }),
  } satisfies Partial<ButtonEvent>;
}

function routeOf(
  { interaction: { id: of, token } }: Asked,
  { application, now }: ReadContext,
  more: { readonly user: string; readonly isEphemeral: boolean; readonly isDeferred: boolean },
) {
  return interactionRoute({ application, interaction: of, token, ...more }, now);
}

/** Says nothing of its content. */
function unreadable(what: string): Reading {
  return { type: "dropped", reason: `INTERACTION_CREATE: ${what}`, malformed: true };
}
