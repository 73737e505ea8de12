import { MessageFlags } from "discord-api-types/v10";
import { z } from "zod";
import type { Channel } from "../../channel.js";
import { ApiError, unknown } from "../../errors.js";
import { flag, text } from "../../form.js";
import type { Interaction } from "../../interactions.js";
import type { StoredMessage } from "../../message.js";
import { snowflake } from "../../snowflake.js";
import { newWebhook, type Webhook, webhookAuthor, webhookPayload } from "../../webhooks.js";
import { answerFields, editAnswer, postAnswer, showAnswer } from "../answers.js";
import { checkNotEmpty, readContent } from "../content.js";
import { channelIn, idIn, P } from "../find.js";
import { newPoll } from "../polls.js";
import { type Call, nothing, openRoute, route } from "../route.js";

const createWebhook = route(
  "createWebhook",
  "POST /channels/:channel/webhooks",
  { ...nothing, body: z.object({ name: text(80, 1), avatar: z.string().nullish() }) },
  (context) => {
    const channel = channelIn(context, P.ManageWebhooks);
    const webhook = newWebhook(context.world.ids.next(), context.input.name, channel, context.bot);
    context.world.webhooks.set(webhook.id, webhook);
    return webhookPayload(webhook);
  },
);

const getChannelWebhooks = route(
  "getChannelWebhooks",
  "GET /channels/:channel/webhooks",
  nothing,
  (context) => {
    const channel = channelIn(context, P.ManageWebhooks);
    return [...context.world.webhooks.values()]
      .filter((webhook) => webhook.channel === channel)
      .map(webhookPayload);
  },
);

const deleteWebhook = route("deleteWebhook", "DELETE /webhooks/:webhook", nothing, (context) => {
  if (!context.world.webhooks.delete(idIn(context, "webhook"))) throw unknown("Webhook");
});

type Origin = { kind: "interaction"; interaction: Interaction } | { kind: "webhook"; webhook: Webhook };

/** What the id and token in the path stand for. */
function originIn({ world, params }: Pick<Call, "world" | "params">): Origin {
  const id = params.get("webhook") ?? "";
  const token = params.get("token") ?? "";
  const webhook = world.webhooks.get(id);
  if (webhook !== undefined && webhook.token === token) return { kind: "webhook", webhook };
  const interaction = world.interactions.find(token);
  if (interaction?.bot.id === id && interaction.answer !== undefined)
    return { kind: "interaction", interaction };
  if (webhook !== undefined || [...world.bots.values()].some((bot) => bot.id === id))
    throw new ApiError(401, 50027, "Invalid Webhook Token");
  throw unknown("Webhook");
}

const executeFields = z.object({
  ...answerFields,
  username: text(80, 1).nullish(),
  avatar_url: z.string().nullish(),
  thread_name: text(100).nullish(),
  applied_tags: z.array(snowflake).nullish(),
});

const place = { thread_id: snowflake.optional(), with_components: flag.default(false) };

const executeWebhook = openRoute(
  "executeWebhook",
  "POST /webhooks/:webhook/:token",
  { body: executeFields, query: z.object({ ...place, wait: flag.default(false) }) },
  (context) => {
    const { world, input, body, search } = context;
    const origin = originIn(context);
    if (origin.kind === "interaction") {
      const { interaction } = origin;
      const { original } = interaction;
      // The first follow-up to a deferred answer becomes that answer, unless that was deleted.
      if (original?.loading === true && interaction.channel.messages.has(original.message.id)) {
        editAnswer(world, interaction, original, input, body);
        return showAnswer(world, original, interaction.bot.id);
      }
      return showAnswer(world, postAnswer(world, interaction, input, body), interaction.bot.id);
    }
    const { webhook } = origin;
    const channel = channelOf(context, webhook, search.thread_id);
    const content = readContent(world, channel, input, body);
    checkNotEmpty(content, input.poll != null);
    const stored = world.messages.post(channel, {
      ...content,
      author: webhookAuthor(webhook, input.username ?? webhook.name),
      webhookId: webhook.id,
      ...(webhook.bot !== undefined && { bot: webhook.bot }),
      flags: content.flags & ~MessageFlags.Ephemeral,
      allowedMentions: input.allowed_mentions ?? undefined,
      ...(input.poll != null && { poll: newPoll(input.poll, world.clock.now()) }),
    });
    return search.wait ? showAnswer(world, stored, webhook.id) : undefined;
  },
);

function channelOf({ world }: Pick<Call, "world">, webhook: Webhook, threadId: string | undefined): Channel {
  if (threadId === undefined) return webhook.channel;
  const thread = world.channels.get(threadId);
  if (thread?.parent !== webhook.channel) throw unknown("Channel");
  return thread;
}

/** The message in the path; `@original` is the first answer to an interaction. */
function messageOf(call: Pick<Call, "world" | "params">, threadId: string | undefined) {
  const origin = originIn(call);
  const id = call.params.get("message") ?? "";
  const channel =
    origin.kind === "interaction" ? origin.interaction.channel : channelOf(call, origin.webhook, threadId);
  const viewer = origin.kind === "interaction" ? origin.interaction.bot.id : origin.webhook.id;
  const isOriginal = id === "@original" && origin.kind === "interaction";
  const stored: StoredMessage | undefined = isOriginal
    ? origin.interaction.original
    : channel.messages.get(id);
  const isThere = stored !== undefined && channel.messages.has(stored.message.id);
  if (!isThere || (!isOriginal && stored.message.webhook_id !== viewer)) throw unknown("Message");
  return { channel, stored, viewer };
}

const MESSAGE = "/webhooks/:webhook/:token/messages/:message";
const query = z.object({ ...place, wait: flag.optional() });

const getWebhookMessage = openRoute(
  "getWebhookMessage",
  `GET ${MESSAGE}`,
  { ...nothing, query },
  (context) => {
    const { stored, viewer } = messageOf(context, context.search.thread_id);
    return showAnswer(context.world, stored, viewer);
  },
);

const editWebhookMessage = openRoute(
  "editWebhookMessage",
  `PATCH ${MESSAGE}`,
  { body: executeFields, query },
  (context) => {
    const { world, input, body, search } = context;
    const { channel, stored, viewer } = messageOf(context, search.thread_id);
    editAnswer(world, { channel }, stored, input, body);
    return showAnswer(world, stored, viewer);
  },
);

const deleteWebhookMessage = openRoute(
  "deleteWebhookMessage",
  `DELETE ${MESSAGE}`,
  { ...nothing, query },
  (context) => {
    const { channel, stored } = messageOf(context, context.search.thread_id);
    context.world.messages.delete(channel, [stored.message.id]);
  },
);

export const webhookRoutes = [
  createWebhook,
  getChannelWebhooks,
  deleteWebhook,
  executeWebhook,
  getWebhookMessage,
  editWebhookMessage,
  deleteWebhookMessage,
];
