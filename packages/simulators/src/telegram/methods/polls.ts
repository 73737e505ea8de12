import { z } from "zod";
import { findChat } from "../access.js";
import { badRequest } from "../errors.js";
import { bool, chatId, integer, json, replyMarkup, text } from "../params.js";
import { closePoll, keepPoll, pollOf } from "../polls.js";
import { method } from "./method.js";
import { place, placeOf } from "./place.js";

/** Bot API: sendPoll. TDLib counts code points here (PollOption, get_poll_option). */
const MAX_QUESTION = 300;
const MAX_OPTION = 100;
const MAX_OPTIONS = 12;
const MAX_EXPLANATION = 200;

const inputOptions = json(z.array(z.union([z.string(), z.strictObject({ text: z.string() })])), "options");

export const sendPoll = method(
  "sendPoll",
  {
    ...place,
    question: text.default(""),
    options: inputOptions.optional(),
    is_anonymous: bool.default(true),
    type: z.enum(["quiz", "regular"]).default("regular"),
    allows_multiple_answers: bool.default(false),
    correct_option_ids: json(z.array(z.int()), "correct_option_ids").optional(),
    explanation: text.optional(),
    is_closed: bool.default(false),
    reply_markup: replyMarkup.optional(),
  },
  (context, params) => {
    const post = placeOf(context, params);
    const { options: given = [], correct_option_ids, explanation, type } = params;
    const question = params.question.trim();
    const options = given.map((option) => (typeof option === "string" ? option : option.text).trim());
    if (question === "") throw badRequest("text must be non-empty");
    if (length(question) > MAX_QUESTION)
      throw badRequest(`poll question length must not exceed ${MAX_QUESTION}`);
    if (options.length === 0) throw badRequest("poll must have at least one answer option");
    if (options.length > MAX_OPTIONS) throw badRequest(`poll can't have more than ${MAX_OPTIONS} options`);
    if (options.includes("")) throw badRequest("text must be non-empty");
    if (options.some((option) => length(option) > MAX_OPTION))
      throw badRequest(`poll options length must not exceed ${MAX_OPTION}`);
    if (type === "quiz") {
      if (correct_option_ids === undefined || correct_option_ids.some((id) => options[id] === undefined))
        throw badRequest("wrong correct option ID specified");
      if (length(explanation ?? "") > MAX_EXPLANATION) throw badRequest("MESSAGE_TOO_LONG");
    }
    const poll = pollOf(context.world, {
      question,
      options,
      is_anonymous: params.is_anonymous,
      type,
      allows_multiple_answers: params.allows_multiple_answers,
      is_closed: params.is_closed,
      ...(correct_option_ids === undefined ? {} : { correct_option_ids }),
      ...(explanation === undefined ? {} : { explanation }),
    });
    const message = post({ poll });
    keepPoll(poll, context.bot);
    return message;
  },
);

export const stopPoll = method(
  "stopPoll",
  { chat_id: chatId.default(""), message_id: integer.default(0), reply_markup: replyMarkup.optional() },
  ({ world, bot }, params) => {
    const chat = findChat(world, bot, params.chat_id);
    const stored = chat.messages.get(params.message_id);
    if (stored === undefined) throw badRequest("message with poll to stop not found");
    const { poll } = stored.message;
    if (poll === undefined) throw badRequest("message is not a poll");
    if (poll.is_closed) throw badRequest("poll has already been closed");
    const closed = closePoll(poll, bot);
    if (closed === undefined) throw badRequest("poll can't be stopped");
    world.changed();
    return closed;
  },
);

function length(written: string): number {
  return [...written].length;
}
