import { z } from "zod";
import { ApiError, unknown } from "../../errors.js";
import { wholeNumber } from "../../form.js";
import { emojiKey } from "../../message.js";
import { byId, snowflake } from "../../snowflake.js";
import { channelIn, emojiIn, idIn, messageIn, need, P } from "../find.js";
import { type Context, nothing, route } from "../route.js";

/** Different emoji on one message (Discord, error 30010). */
const MAX_EMOJI = 20;
const PATH = "/channels/:channel/messages/:message/reactions";

function place(context: Context, needed = 0n) {
  const channel = channelIn(context, needed);
  return { channel, stored: messageIn(context, channel), messages: context.world.messages };
}

const createReaction = route("createReaction", `PUT ${PATH}/:emoji/@me`, nothing, (context) => {
  const { channel, stored, messages } = place(context, P.ReadMessageHistory);
  const emoji = emojiIn(context);
  if (!stored.reactions.has(emojiKey(emoji))) {
    need(context, channel, P.AddReactions);
    if (stored.reactions.size >= MAX_EMOJI)
      throw new ApiError(400, 30010, `Maximum number of reactions reached (${MAX_EMOJI})`);
  }
  messages.react(channel, stored, context.bot.user, emoji);
});

const deleteOwnReaction = route("deleteOwnReaction", `DELETE ${PATH}/:emoji/@me`, nothing, (context) => {
  const { channel, stored, messages } = place(context);
  messages.unreact(channel, stored, context.bot.id, emojiIn(context));
});

const deleteUserReaction = route("deleteUserReaction", `DELETE ${PATH}/:emoji/:user`, nothing, (context) => {
  const { channel, stored, messages } = place(context, P.ManageMessages);
  const userId = idIn(context, "user");
  if (!context.world.users.has(userId)) throw unknown("User");
  messages.unreact(channel, stored, userId, emojiIn(context));
});

const getReactions = route(
  "getReactions",
  `GET ${PATH}/:emoji`,
  {
    ...nothing,
    query: z.object({
      type: z.enum(["0", "1"]).default("0"),
      after: snowflake.optional(),
      limit: wholeNumber(1, 100).default(25),
    }),
  },
  (context) => {
    const { stored } = place(context, P.ReadMessageHistory);
    const { after = "0", limit, type } = context.search;
    const ids = type === "0" ? [...(stored.reactions.get(emojiKey(emojiIn(context)))?.users ?? [])] : [];
    return ids
      .filter((id) => byId(id, after) > 0)
      .sort(byId)
      .slice(0, limit)
      .flatMap((id) => context.world.users.get(id) ?? []);
  },
);

const deleteAllReactions = route("deleteAllReactions", `DELETE ${PATH}`, nothing, (context) => {
  const { channel, stored, messages } = place(context, P.ManageMessages);
  messages.clearReactions(channel, stored);
});

const deleteAllReactionsForEmoji = route(
  "deleteAllReactionsForEmoji",
  `DELETE ${PATH}/:emoji`,
  nothing,
  (context) => {
    const { channel, stored, messages } = place(context, P.ManageMessages);
    messages.clearReactions(channel, stored, emojiIn(context));
  },
);

export const reactionRoutes = [
  createReaction,
  deleteOwnReaction,
  deleteUserReaction,
  getReactions,
  deleteAllReactions,
  deleteAllReactionsForEmoji,
];
