import { z } from "zod";
import { countsOf, type PollNews, pollSchema } from "../polls.js";
import { chatSender, readUser } from "./sender.js";
import { type Bot, chatSchema, userSchema } from "./wire.js";

/** Bot API: PollAnswer. */
const answerSchema = z.looseObject({
  poll_id: z.string(),
  user: userSchema.optional(),
  voter_chat: chatSchema.optional(),
  option_ids: z.array(z.int().nonnegative()),
});

export interface PollUpdate {
  readonly kind: "poll" | "poll_answer";
  readonly update: number;
  /** When it arrived, Unix time in ms. */
  readonly now: number;
  readonly bot: Bot;
}

/** What an update says of a poll, or the error of what cannot be read. */
export function readPollUpdate(
  value: unknown,
  { kind, update, now, bot }: PollUpdate,
): PollNews | z.ZodError | undefined {
  if (kind === "poll") {
    const poll = pollSchema.safeParse(value);
    if (!poll.success) return poll.error;
    const counts = countsOf(poll.data);
    return counts && { news: "counts", counts };
  }
  const answer = answerSchema.safeParse(value);
  if (!answer.success) return answer.error;
  const { poll_id: poll, user, voter_chat: chat, option_ids: options } = answer.data;
  const voter = user === undefined ? chat && chatSender(chat) : readUser(user, bot);
  if (voter === undefined) return undefined;
  const { id, name, username, isBot } = voter;
  const sender = {
    id,
    ...(name === undefined ? {} : { name }),
    ...(username === undefined ? {} : { username }),
    ...(isBot === undefined ? {} : { isBot }),
  };
  return { news: "vote", poll, options, sender, update, at: now };
}
