import type { Poll } from "@grammyjs/types";
import { SimulatorError } from "../kit/errors.js";
import type { BotAccount } from "./bot.js";
import type { StoredMessage } from "./chat.js";
import type { World } from "./world.js";

/** What a poll is made of (Bot API: sendPoll). */
export type PollDraft = Pick<
  Poll,
  "question" | "is_anonymous" | "type" | "allows_multiple_answers" | "is_closed"
> &
  Partial<Pick<Poll, "correct_option_ids" | "explanation">> & { options: readonly string[] };

interface KeptPoll {
  readonly poll: Poll;
  readonly bot: BotAccount;
  /** Chosen options by the voter's id. */
  readonly votes: Map<number, readonly number[]>;
}

/** A poll before anybody has voted. Its id is new. */
export function pollOf(world: World, { options, ...draft }: PollDraft): Poll {
  return {
    ...draft,
    id: String(5_000_000_000_000_000n + BigInt(world.unique())),
    options: options.map((text, index) => ({ persistent_id: String(index), text, voter_count: 0 })),
    total_voter_count: 0,
    // Bot API: sendPoll, allows_revoting: false for quizzes, true for regular polls.
    allows_revoting: draft.type === "regular",
    members_only: false,
  };
}

const KEPT = new WeakMap<Poll, KeptPoll>();

/** The bot that sent a poll is told of its votes (Bot API: Update.poll). */
export function keepPoll(poll: Poll, bot: BotAccount): void {
  KEPT.set(poll, { poll, bot, votes: new Map() });
}

/** Closes a poll that this bot sent; undefined for another's. */
export function closePoll(poll: Poll, bot: BotAccount): Poll | undefined {
  const kept = KEPT.get(poll);
  if (kept?.bot !== bot) return undefined;
  poll.is_closed = true;
  tell(kept);
  return structuredClone(poll);
}

/**
 * Somebody chooses these options, none to take the vote back. The bot learns who it was unless the poll is anonymous, and the new counts
 * always. Throws `SimulatorError` for what Telegram's apps do not let people do.
 */
export function vote(
  { message }: StoredMessage,
  user: { readonly id: number; readonly first_name: string; readonly is_bot: boolean },
  chosen: readonly number[],
): void {
  const kept = message.poll === undefined ? undefined : KEPT.get(message.poll);
  if (kept === undefined) throw new SimulatorError(`Message ${message.message_id} has no poll of a bot.`);
  const { poll, bot, votes } = kept;
  const options = [...new Set(chosen)];
  if (poll.is_closed) throw new SimulatorError("The poll is closed.");
  if (options.some((option) => poll.options[option] === undefined))
    throw new SimulatorError(`The poll has the options 0 to ${poll.options.length - 1}.`);
  if (options.length > 1 && !poll.allows_multiple_answers)
    throw new SimulatorError("The poll takes one answer.");
  if (!poll.allows_revoting && (votes.has(user.id) || options.length === 0))
    throw new SimulatorError("The poll lets nobody change a vote.");
  if (options.length === 0) votes.delete(user.id);
  else votes.set(user.id, options);
  for (const [index, option] of poll.options.entries())
    option.voter_count = [...votes.values()].filter((each) => each.includes(index)).length;
  poll.total_voter_count = votes.size;
  if (!poll.is_anonymous) {
    bot.updates.push("poll_answer", {
      poll_id: poll.id,
      user,
      option_ids: options,
      option_persistent_ids: options.map(String),
    });
  }
  tell(kept);
}

function tell({ poll, bot }: KeptPoll): void {
  bot.updates.push("poll", structuredClone(poll));
}
