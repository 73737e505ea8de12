import { z } from "zod";
import { ApiError, unknown } from "../../errors.js";
import { wholeNumber } from "../../form.js";
import { endPoll, isOver } from "../../polls.js";
import { byId, snowflake } from "../../snowflake.js";
import { channelIn, messageIn, P } from "../find.js";
import { nothing, route } from "../route.js";
import { show } from "./messages.js";

const getAnswerVoters = route(
  "getAnswerVoters",
  "GET /channels/:channel/polls/:message/answers/:answer",
  {
    ...nothing,
    query: z.object({ after: snowflake.optional(), limit: wholeNumber(1, 100).default(25) }),
  },
  (context) => {
    const { world, params, search } = context;
    const { votes, message } = messageIn(context, channelIn(context, P.ReadMessageHistory));
    if (message.poll === undefined) throw unknown("Message");
    const { after = "0", limit } = search;
    const users = [...(votes.get(Number(params.get("answer"))) ?? [])]
      .filter((id) => byId(id, after) > 0)
      .sort(byId)
      .slice(0, limit)
      .flatMap((id) => world.users.get(id) ?? []);
    return { users };
  },
);

const endPollRoute = route("endPoll", "POST /channels/:channel/polls/:message/expire", nothing, (context) => {
  const { world, bot } = context;
  const channel = channelIn(context);
  const stored = messageIn(context, channel);
  if (stored.message.poll === undefined) throw unknown("Message");
  if (stored.message.author.id !== bot.id)
    throw new ApiError(403, 50005, "Cannot edit a message authored by another user");
  if (isOver(world, stored)) throw new ApiError(400, 520001, "Poll expired");
  endPoll(world, channel, stored);
  return show(context, bot, channel, stored);
});

export const pollRoutes = [getAnswerVoters, endPollRoute];
