import { type APIUser, GatewayDispatchEvents as E, EmbedType, MessageType } from "discord-api-types/v10";
import type { Channel } from "./channel.js";
import { guildId } from "./draft.js";
import type { StoredMessage } from "./message.js";
import type { World } from "./world.js";

/** Whether nobody can vote any more. */
export function isOver(world: World, { message: { poll } }: StoredMessage): boolean {
  if (poll === undefined || poll.results?.is_finalized === true) return true;
  return poll.expiry !== null && Date.parse(poll.expiry) <= world.clock.now();
}

/** @returns false when nothing changed */
export function vote(
  world: World,
  channel: Channel,
  stored: StoredMessage,
  user: APIUser,
  answerId: number,
  isFor: boolean,
): boolean {
  const voters = stored.votes.get(answerId) ?? new Set();
  if (voters.has(user.id) === isFor) return false;
  stored.votes.set(answerId, voters);
  if (isFor) voters.add(user.id);
  else voters.delete(user.id);
  world.dispatcher.emit({
    event: isFor ? E.MessagePollVoteAdd : E.MessagePollVoteRemove,
    channel,
    data: () => ({
      user_id: user.id,
      channel_id: channel.id,
      message_id: stored.message.id,
      answer_id: answerId,
      ...guildId(channel),
    }),
  });
  world.changed();
  return true;
}

/** The poll is over: its results are final, and a message of Discord's own says who won. */
export function endPoll(world: World, channel: Channel, stored: StoredMessage): void {
  const { poll, author, id } = stored.message;
  if (poll === undefined) return;
  const answer_counts = [...stored.votes].map(([answer, voters]) => ({
    id: answer,
    count: voters.size,
    me_voted: false,
  }));
  const results = { is_finalized: true, answer_counts };
  world.messages.update(channel, stored, { poll: { ...poll, expiry: world.time, results } });
  const total = answer_counts.reduce((sum, { count }) => sum + count, 0);
  const [best] = [...answer_counts].sort((a, b) => b.count - a.count);
  const fields = [
    { name: "poll_question_text", value: poll.question.text ?? "" },
    { name: "victor_answer_votes", value: String(best?.count ?? 0) },
    { name: "total_votes", value: String(total) },
    ...(best === undefined ? [] : [{ name: "victor_answer_id", value: String(best.id) }]),
  ];
  world.messages.post(channel, {
    author,
    type: MessageType.PollResult,
    embeds: [{ type: EmbedType.PollResult, fields }],
    more: { message_reference: { channel_id: channel.id, message_id: id, ...guildId(channel) } },
  });
}
