import { type Action, defineAction } from "@elizaos/connector-core";
import { Routes } from "discord-api-types/v10";
import { z } from "zod";
import { userSchema } from "../inbound/wire.js";
import { atMost, messageId, snowflake } from "./input.js";
import { here } from "./places.js";
import { sendExtra } from "./sends.js";
import { showUser } from "./show.js";
import { ask, type Tools } from "./tools.js";

/** Discord: "Poll Create Request Object", "Poll Media Object". */
const MAX_QUESTION = 300;
const MAX_ANSWERS = 10;
const MAX_ANSWER = 55;
const MAX_HOURS = 32 * 24;
/** Discord: "Get Answer Voters". */
const MAX_VOTERS = 100;
const DEFAULT_VOTERS = 25;

const createInput = z.strictObject({
  question: atMost(MAX_QUESTION).describe(`The question, up to ${MAX_QUESTION} characters.`),
  answers: z
    .array(atMost(MAX_ANSWER))
    .min(1)
    .max(MAX_ANSWERS)
    .describe(`1 to ${MAX_ANSWERS} answers of up to ${MAX_ANSWER} characters.`),
  hours: z.int().min(1).max(MAX_HOURS).default(24).describe(`How long it is open, up to ${MAX_HOURS} hours.`),
  multiple: z.boolean().default(false).describe("People may choose several answers."),
  replyTo: snowflake.optional().describe("Id of a message of this chat to quote."),
});
const poll = messageId.describe("Id of the poll's message.");
const endInput = z.strictObject({ message: poll.describe("Id of the message of a poll of yours.") });
const resultsInput = z.strictObject({
  message: poll,
  answer: z.int().min(1).optional().describe("Also tells who chose the answer with this number."),
  after: snowflake.optional().describe("With `answer`: goes on after the person with this id."),
  limit: z
    .int()
    .min(1)
    .max(MAX_VOTERS)
    .default(DEFAULT_VOTERS)
    .describe(`With \`answer\`: how many people, up to ${MAX_VOTERS}.`),
});

const pollSchema = z.object({
  question: z.object({ text: z.string().nullish() }),
  answers: z.array(z.object({ answer_id: z.int(), poll_media: z.object({ text: z.string().nullish() }) })),
  expiry: z.string().nullish(),
  results: z
    .object({
      is_finalized: z.boolean(),
      answer_counts: z.array(z.object({ id: z.int(), count: z.int() })),
    })
    .nullish(),
});
const pollMessageSchema = z.object({ id: z.string(), poll: pollSchema });
const votersSchema = z.object({ users: z.array(userSchema) });

export function pollActions(tools: Tools): readonly Action[] {
  if (!tools.config.actions.polls) return [];
  const create = defineAction({
    name: "polls.create",
    description: "Sends a poll into this chat. Everybody can see who voted for what.",
    input: createInput,
    run: (input, turn) => sendExtra(turn, "polls.create", input),
  });
  const end = defineAction({
    name: "polls.end",
    description: "Ends a poll of yours in this chat at once.",
    input: endInput,
    async run({ message }, turn) {
      const ended = await ask(tools, pollMessageSchema, {
        call: "POST poll end",
        method: "POST",
        route: Routes.expirePoll(await here(tools, turn), message),
        signal: turn.signal,
      });
      return showPoll(ended.poll, tools.clock.now());
    },
  });
  const results = defineAction({
    name: "polls.results",
    description: "Tells how a poll of this chat stands, and who chose an answer.",
    input: resultsInput,
    async run({ message, answer, after, limit }, turn) {
      const { signal } = turn;
      const channel = await here(tools, turn);
      const { poll } = await ask(tools, pollMessageSchema, {
        call: "GET channel message",
        method: "GET",
        route: Routes.channelMessage(channel, message),
        signal,
      });
      const stands = showPoll(poll, tools.clock.now());
      if (answer === undefined) return stands;
      const { users } = await ask(tools, votersSchema, {
        call: "GET poll voters",
        method: "GET",
        route: Routes.pollAnswerVoters(channel, message, answer),
        query: new URLSearchParams({ limit: String(limit), ...(after === undefined ? {} : { after }) }),
        signal,
      });
      return { ...stands, voters: users.map((user) => showUser(user)) };
    },
  });
  return [create, end, results];
}

function showPoll({ question, answers, expiry, results }: z.infer<typeof pollSchema>, now: number) {
  const votes = new Map(results?.answer_counts.map(({ id, count }) => [id, count]));
  return {
    question: question.text ?? "",
    answers: answers.map(({ answer_id: answer, poll_media: { text } }) => ({
      answer,
      text: text ?? "",
      // An answer that nobody chose may be left out (Discord: "Poll Results Object").
      votes: votes.get(answer) ?? 0,
    })),
    isOver: results?.is_finalized === true || (!!expiry && Date.parse(expiry) <= now),
    // Until Discord has counted exactly, the numbers may be some votes off.
    isFinal: results?.is_finalized === true,
    ...(expiry ? { endsAt: expiry } : {}),
  };
}
