import { type Action, defineAction, RateLimited, Rejected } from "@elizaos/connector-core";
import { Routes } from "discord-api-types/v10";
import { z } from "zod";
import { channelOf } from "../outbound.js";
import { atMost, snowflake } from "./input.js";
import { ownersChannel, ownersPlace } from "./places.js";
import { listMessage, shownMessageSchema } from "./show.js";
import { ask, type Tools } from "./tools.js";

/** Discord: "Search Guild Messages". */
const MAX_FOUND = 25;
const DEFAULT_FOUND = 10;
const MAX_OFFSET = 9_975;
const MAX_CONTENT = 1_024;
const HAS = ["image", "sound", "video", "file", "sticker", "embed", "link", "poll", "snapshot"] as const;
/** Index Not Yet Available: answered with 202 (Discord: "Opcodes and Status Codes"). */
const NOT_INDEXED = 110_000;

const input = z
  .strictObject({
    text: atMost(MAX_CONTENT).optional().describe(`Words that stand in it, up to ${MAX_CONTENT} characters.`),
    author: snowflake.optional().describe("User id of who wrote it."),
    mentions: snowflake.optional().describe("User id of somebody who is mentioned in it."),
    has: z
      .array(z.enum(HAS))
      .max(HAS.length)
      .optional()
      .describe("What it holds; snapshot is a forwarded message."),
    pinned: z.boolean().optional().describe("Only pinned messages, or only others."),
    before: snowflake.optional().describe("Older than the message with this id."),
    after: snowflake.optional().describe("Newer than the message with this id."),
    oldestFirst: z.boolean().default(false).describe("The newest come first otherwise."),
    limit: z.int().min(1).max(MAX_FOUND).default(DEFAULT_FOUND).describe(`How many, up to ${MAX_FOUND}.`),
    offset: z.int().min(0).max(MAX_OFFSET).default(0).describe("Leaves so many out, for the next page."),
    channel: ownersChannel,
    everywhere: z
      .boolean()
      .default(false)
      .describe("In the whole server, only when an owner of the agent asks for it."),
  })
  .refine(
    ({ text, author, mentions, has, pinned }) =>
      [text, author, mentions, has, pinned].some((each) => each !== undefined),
    { error: "needs text, author, mentions, has or pinned" },
  )
  .refine(({ channel, everywhere }) => channel === undefined || !everywhere, {
    error: "takes either channel or everywhere",
  });
type Wanted = z.output<typeof input>;

const answerSchema = z.union([
  z.object({ code: z.literal(NOT_INDEXED), retry_after: z.number() }),
  z.object({ total_results: z.int(), messages: z.array(z.array(shownMessageSchema)) }),
]);

export function searchActions(tools: Tools, server: string): readonly Action[] {
  if (!tools.config.actions.search) return [];
  const search = defineAction({
    name: "messages.search",
    description: "Searches the messages of this channel.",
    input,
    async run(wanted, turn) {
      if (wanted.everywhere && !turn.isOwner)
        throw new Rejected("Only an owner of the agent may have the whole server searched.", {
          where: "everywhere",
        });
      const to = await ownersPlace(tools, turn, wanted.channel);
      const found = await ask(tools, answerSchema, {
        call: "GET message search",
        method: "GET",
        route: Routes.guildMessagesSearch(to.space ?? server),
        query: queryOf(wanted, channelOf(to)),
        signal: turn.signal,
      });
      if ("code" in found) throw notIndexed(found.retry_after);
      const context = { ...tools, server: to.space };
      return {
        total: found.total_results,
        messages: found.messages.flatMap(([hit]) =>
          hit === undefined ? [] : [{ ...listMessage(hit, context), channel: hit.channel_id }],
        ),
      };
    },
  });
  return [search];
}

function notIndexed(retryAfterSeconds: number): RateLimited {
  const retryAfterMs = Math.ceil(retryAfterSeconds * 1_000);
  return new RateLimited(
    `Discord is still indexing this server for its search; try again in ${Math.ceil(retryAfterSeconds)} s.`,
    { where: "GET message search", scope: "method", retryAfterMs },
  );
}

function queryOf(wanted: Wanted, channel: string): URLSearchParams {
  const { text, author, mentions, has = [], pinned, before, after, oldestFirst, limit, offset } = wanted;
  const query = new URLSearchParams({
    limit: String(limit),
    offset: String(offset),
    sort_order: oldestFirst ? "asc" : "desc",
    ...(text === undefined ? {} : { content: text }),
    ...(author === undefined ? {} : { author_id: author }),
    ...(mentions === undefined ? {} : { mentions }),
    ...(pinned === undefined ? {} : { pinned: String(pinned) }),
    ...(before === undefined ? {} : { max_id: before }),
    ...(after === undefined ? {} : { min_id: after }),
    ...(wanted.everywhere ? {} : { channel_id: channel }),
  });
  for (const each of has) query.append("has", each);
  return query;
}
