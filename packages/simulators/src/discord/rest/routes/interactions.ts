import { InteractionType, MessageFlags, InteractionResponseType as R } from "discord-api-types/v10";
import { z } from "zod";
import { componentsField } from "../../components.js";
import { ApiError, invalidField, unknown } from "../../errors.js";
import { flag, readForm, text } from "../../form.js";
import type { Interaction } from "../../interactions.js";
import type { StoredMessage } from "../../message.js";
import type { World } from "../../world.js";
import { answerFields, editAnswer, postAnswer, postLoading, showAnswer } from "../answers.js";
import type { RequestBody } from "../request.js";
import { Answer, openRoute } from "../route.js";

const messageData = z.object(answerFields);
const deferredData = z.object({ flags: z.int().default(0) });
const modalData = z.object({
  custom_id: text(100, 1),
  title: text(45, 1),
  components: componentsField.min(1).max(5),
});
const choiceData = z.object({
  choices: z.array(z.looseObject({ name: text(100, 1), value: z.union([text(100), z.number()]) })).max(25),
});

const createInteractionResponse = openRoute(
  "createInteractionResponse",
  "POST /interactions/:interaction/:token/callback",
  {
    body: z.object({ type: z.enum(R), data: z.looseObject({}).nullish() }),
    query: z.object({ with_response: flag.default(false) }),
  },
  ({ world, params, input, search, body }) => {
    const interaction = world.interactions.find(params.get("token") ?? "");
    if (interaction === undefined || interaction.id !== params.get("interaction"))
      throw unknown("Interaction");
    if (interaction.answer !== undefined)
      throw new ApiError(400, 40060, "Interaction has already been acknowledged.");
    const message = respond(world, interaction, input.type, input.data ?? {}, body);
    interaction.answer = input.type;
    world.changed();
    if (!search.with_response) return undefined;
    const isLoading = message?.loading === true;
    return new Answer(200, {
      interaction: {
        id: interaction.id,
        type: interaction.type,
        ...(message !== undefined && {
          response_message_id: message.message.id,
          response_message_loading: isLoading,
          response_message_ephemeral: message.ephemeralFor !== undefined,
        }),
      },
      resource: {
        type: input.type,
        ...(message !== undefined &&
          !isLoading && { message: showAnswer(world, message, interaction.bot.id) }),
      },
    });
  },
);

/** Does what the first answer says; gives the message that it made or changed. */
function respond(
  world: World,
  interaction: Interaction,
  type: R,
  data: object,
  body: RequestBody,
): StoredMessage | undefined {
  const { source } = interaction;
  switch (type) {
    case R.ChannelMessageWithSource:
      interaction.original = postAnswer(world, interaction, readForm(messageData, data), body);
      return interaction.original;
    case R.DeferredChannelMessageWithSource: {
      const { flags } = readForm(deferredData, data);
      interaction.original = postLoading(world, interaction, (flags & MessageFlags.Ephemeral) !== 0);
      return interaction.original;
    }
    case R.DeferredMessageUpdate:
    case R.UpdateMessage: {
      if (source === undefined) throw wrongType();
      interaction.original = source;
      if (type === R.UpdateMessage) editAnswer(world, interaction, source, readForm(messageData, data), body);
      return source;
    }
    case R.ApplicationCommandAutocompleteResult:
      if (interaction.type !== InteractionType.ApplicationCommandAutocomplete) throw wrongType();
      interaction.choices = readForm(choiceData, data).choices;
      return undefined;
    case R.Modal:
      if (interaction.type === InteractionType.ModalSubmit) throw wrongType();
      interaction.modal = readForm(modalData, data);
      return undefined;
    default:
      throw wrongType();
  }
}

function wrongType(): ApiError {
  return invalidField(
    "type",
    "INTERACTION_RESPONSE_TYPE_INVALID",
    "This response is not valid for this interaction",
  );
}

export const interactionRoutes = [createInteractionResponse];
