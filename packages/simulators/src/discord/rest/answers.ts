import { MessageFlags, MessageType } from "discord-api-types/v10";
import { z } from "zod";
import { text } from "../form.js";
import type { Interaction } from "../interactions.js";
import { type Message, type StoredMessage, viewOf } from "../message.js";
import type { World } from "../world.js";
import { checkNotEmpty, messageFields, readContent } from "./content.js";
import { newPoll, pollField } from "./polls.js";
import type { RequestBody } from "./request.js";

/*
 * Messages that answer an interaction, and those of webhooks.
 */

export const answerFields = {
  ...messageFields,
  poll: pollField.nullish(),
  nonce: z.union([text(25), z.int()]).nullish(),
};
const fields = z.object(answerFields);
export type AnswerFields = z.output<typeof fields>;

/** The message as whoever made it sees it. */
export function showAnswer(world: World, stored: StoredMessage, viewerId: string): Message {
  return viewOf(stored, { id: viewerId, readsContent: true }, world.cdn);
}

/** Posts a message of the bot in answer to an interaction. */
export function postAnswer(
  world: World,
  interaction: Interaction,
  input: AnswerFields,
  body: RequestBody,
): StoredMessage {
  const { channel } = interaction;
  const content = readContent(world, channel, input, body);
  checkNotEmpty(content, input.poll != null);
  const isEphemeral = (content.flags & MessageFlags.Ephemeral) !== 0;
  return world.messages.post(channel, {
    ...authorship(interaction, isEphemeral),
    ...content,
    allowedMentions: input.allowed_mentions ?? undefined,
    ...(input.poll != null && { poll: newPoll(input.poll, world.clock.now()) }),
  });
}

/** A message that says that the answer is on its way. */
export function postLoading(world: World, interaction: Interaction, isEphemeral: boolean): StoredMessage {
  const flags = MessageFlags.Loading | (isEphemeral ? MessageFlags.Ephemeral : 0);
  return world.messages.post(interaction.channel, { ...authorship(interaction, isEphemeral), flags });
}

/** Changes an answer; one that was on its way has come. */
export function editAnswer(
  world: World,
  { channel }: Pick<Interaction, "channel">,
  stored: StoredMessage,
  input: AnswerFields,
  body: RequestBody,
): void {
  const { message } = stored;
  const kept = (message.flags ?? 0) & ~MessageFlags.Loading;
  const flags = (input.flags ?? 0) | kept;
  const content = readContent(world, channel, { ...input, flags }, body, message.attachments);
  const changed = {
    content: content.content ?? message.content,
    embeds: content.embeds ?? message.embeds,
    components: content.components ?? message.components,
    attachments: content.attachments ?? message.attachments,
    flags: content.flags | (kept & ~MessageFlags.SuppressEmbeds),
  };
  checkNotEmpty(changed, message.poll !== undefined);
  delete stored.loading;
  world.messages.edit(channel, stored, { ...changed, allowedMentions: input.allowed_mentions ?? undefined });
}

function authorship({ id, type, bot, user, source, name, channel }: Interaction, isEphemeral: boolean) {
  const isCommand = name !== undefined;
  return {
    author: bot.user,
    bot,
    webhookId: bot.id,
    ...(isEphemeral && { ephemeralFor: user.id }),
    ...(isCommand ? { type: MessageType.ChatInputCommand } : { replyTo: source }),
    more: {
      interaction_metadata: {
        id,
        type,
        user,
        authorizing_integration_owners: channel.guild === undefined ? {} : { 0: channel.guild.id },
        ...(isCommand && { name }),
        ...(source !== undefined && { interacted_message_id: source.message.id }),
      },
    },
  };
}
