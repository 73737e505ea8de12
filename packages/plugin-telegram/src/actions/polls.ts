import { type Action, defineAction, ofThisChat, Rejected } from "@elizaos/connector-core";
import { z } from "zod";
import { toChatId } from "../ids.js";
import { countsOf, type KeptPoll, keepCounts, pollAt, toldOf } from "../polls.js";
import { atMost, elsewhere, messageId } from "./input.js";
import { only, sendThing } from "./things.js";
import type { Tools } from "./tools.js";

/** Bot API: sendPoll. */
const MAX_QUESTION = 300;
const MAX_OPTIONS = 12;
const MAX_OPTION = 100;
const MAX_EXPLANATION = 200;

const createInput = z
  .strictObject({
    question: atMost(MAX_QUESTION, "Bot API: sendPoll").describe(
      `The question, up to ${MAX_QUESTION} characters.`,
    ),
    options: z
      .array(atMost(MAX_OPTION, "Bot API: sendPoll"))
      .min(1)
      .max(MAX_OPTIONS)
      .describe(`1 to ${MAX_OPTIONS} answers of up to ${MAX_OPTION} characters.`),
    anonymous: z
      .boolean()
      .default(true)
      .describe("False shows who voted for what, and tells you of each vote; true only counts."),
    multiple: z.boolean().default(false).describe("People may choose several answers. Not for a quiz."),
    correct: z
      .int()
      .min(0)
      .max(MAX_OPTIONS - 1)
      .optional()
      .describe("Makes it a quiz: position of the correct answer, the first is 0."),
    explanation: atMost(MAX_EXPLANATION, "Bot API: sendPoll")
      .optional()
      .describe("Of a quiz: shown to those who were wrong."),
    ...elsewhere,
  })
  .refine(({ correct, options }) => correct === undefined || correct < options.length, {
    error: "correct names no answer; the first one is 0",
    path: ["correct"],
  })
  .refine(({ correct, multiple }) => correct === undefined || !multiple, {
    error: "a quiz takes one answer",
    path: ["multiple"],
  })
  .refine(({ correct, explanation }) => explanation === undefined || correct !== undefined, {
    error: "only a quiz has an explanation; set correct",
    path: ["explanation"],
  });

const pollInput = z.strictObject({
  message: messageId.describe("Id of the poll's message, as polls.create gave it."),
});

export function pollActions({
  config: { actions },
  request,
  context: { state, clock },
}: Tools): readonly Action[] {
  if (!actions.polls) return [];
  const known = async (chat: string, message: string): Promise<KeptPoll> => {
    const found = await pollAt(state, chat, message);
    if (found === undefined)
      throw new Rejected(
        `Message ${message} of this chat is no poll that this bot sent in the last 30 days; Telegram tells results of its own polls only.`,
        { where: "message" },
      );
    return found;
  };
  const create = defineAction({
    name: "polls.create",
    description: "Sends a poll or a quiz that people vote in. Results: polls.results, or polls.stop.",
    input: createInput,
    async run({ question, options, anonymous, multiple, correct, explanation, ...where }, context) {
      const quiz =
        correct === undefined ? {} : { correct, ...(explanation === undefined ? {} : { explanation }) };
      const poll = { question, options: [...options], anonymous, multiple, ...quiz };
      return { message: only(await sendThing(context, "sendPoll", poll, where)) };
    },
  });
  const stop = defineAction({
    name: "polls.stop",
    description: "Ends a poll of yours in this chat, and tells its result.",
    input: pollInput,
    async run({ message }, context) {
      const { chat } = ofThisChat(context, message);
      const before = await known(chat, message);
      // Asked for once more: what it ended with is known.
      if (before.isClosed) return toldOf(before);
      const stopped: unknown = await request(
        "stopPoll",
        (raw, signal) => raw.stopPoll({ chat_id: toChatId(chat), message_id: Number(message) }, signal),
        context.signal,
      );
      const counts = countsOf(stopped);
      return toldOf(
        (counts && (await keepCounts(state, counts, clock.now()))) ?? { ...before, isClosed: true },
      );
    },
  });
  const results = defineAction({
    name: "polls.results",
    description: "Tells how a poll of yours in this chat stands.",
    input: pollInput,
    run: async ({ message }, context) => toldOf(await known(ofThisChat(context, message).chat, message)),
  });
  return [create, stop, results];
}
