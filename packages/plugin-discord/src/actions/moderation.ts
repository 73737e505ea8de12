import { type Action, type ActionContext, defineAction, Rejected } from "@elizaos/connector-core";
import { Routes } from "discord-api-types/v10";
import { z } from "zod";
import { idAt } from "../snowflake.js";
import { because, reason, snowflake, userId } from "./input.js";
import { here } from "./places.js";
import { ask, type Tools } from "./tools.js";

/** Discord: "Modify Guild Member", `communication_disabled_until`. */
const MAX_TIMEOUT_MINUTES = 28 * 24 * 60;
/** Discord: "Create Guild Ban", `delete_message_seconds`. */
const MAX_DELETED_HOURS = 7 * 24;
/** Discord: "Get Channel Messages", and "Bulk Delete Messages", which takes 2 at least. */
const MAX_PURGED = 100;
/** "Bulk Delete Messages" takes no older ones; a minute less, since clocks differ. */
const PURGE_AGE_MS = 14 * 24 * 3_600_000 - 60_000;

const member = { user: userId.describe("User id of the member."), reason };
const timeoutInput = z.strictObject({
  ...member,
  minutes: z
    .int()
    .min(0)
    .max(MAX_TIMEOUT_MINUTES)
    .describe(`For how long, up to ${MAX_TIMEOUT_MINUTES} (28 days); 0 ends a time-out.`),
});
const kickInput = z.strictObject(member);
const banInput = z.strictObject({
  ...member,
  deleteHours: z
    .int()
    .min(0)
    .max(MAX_DELETED_HOURS)
    .default(0)
    .describe(`Also deletes what they wrote in the last so many hours, up to ${MAX_DELETED_HOURS}.`),
});
const purgeInput = z.strictObject({
  count: z
    .int()
    .min(1)
    .max(MAX_PURGED)
    .describe(`How many messages at most, up to ${MAX_PURGED}; the newest, none older than 14 days.`),
  user: userId.optional().describe("Only messages of this person."),
  before: snowflake.optional().describe("Only messages older than the one with this id."),
  reason,
});

const purgedSchema = z.array(z.object({ id: z.string(), author: z.object({ id: z.string() }) }));

export function moderationActions(tools: Tools, server: string): readonly Action[] {
  if (!tools.config.actions.moderation) return [];
  const { rest, clock } = tools;
  const timeout = defineAction({
    name: "moderation.timeout",
    description: "Lets a member of the server write, react and speak no more for a while.",
    input: timeoutInput,
    async run({ user, minutes, reason }, { signal }) {
      refuseSelf(tools, user);
      const until = minutes === 0 ? null : new Date(clock.now() + minutes * 60_000).toISOString();
      await rest.call({
        call: "PATCH member time-out",
        method: "PATCH",
        route: Routes.guildMember(server, user),
        body: { communication_disabled_until: until },
        signal,
        isRepeatable: true,
        ...because(reason),
      });
      return { user, until };
    },
  });
  const kick = defineAction({
    name: "moderation.kick",
    description: "Throws a member out of the server; they may join again.",
    input: kickInput,
    async run({ user, reason }, { signal }) {
      refuseSelf(tools, user);
      await rest.call({
        call: "DELETE member",
        method: "DELETE",
        route: Routes.guildMember(server, user),
        signal,
        ...because(reason),
      });
      return { kicked: user };
    },
  });
  const ban = defineAction({
    name: "moderation.ban",
    description: "Throws somebody out of the server for good.",
    input: banInput,
    async run({ user, deleteHours, reason }, { signal }) {
      refuseSelf(tools, user);
      await rest.call({
        call: "PUT ban",
        method: "PUT",
        route: Routes.guildBan(server, user),
        body: { delete_message_seconds: deleteHours * 3_600 },
        signal,
        ...because(reason),
      });
      return { banned: user };
    },
  });
  const unban = defineAction({
    name: "moderation.unban",
    description: "Lets somebody who was banned join the server again.",
    input: kickInput,
    async run({ user, reason }, { signal }) {
      await rest.call({
        call: "DELETE ban",
        method: "DELETE",
        route: Routes.guildBan(server, user),
        signal,
        ...because(reason),
      });
      return { unbanned: user };
    },
  });
  const purge = defineAction({
    name: "moderation.purge",
    description: `Deletes the newest messages of this channel, of anybody or of one person, among the last ${MAX_PURGED}.`,
    input: purgeInput,
    async run({ count, user, before, reason }, turn) {
      const channel = await here(tools, turn);
      const found = await ask(tools, purgedSchema, {
        call: "GET channel messages",
        method: "GET",
        route: Routes.channelMessages(channel),
        query: new URLSearchParams({
          limit: String(MAX_PURGED),
          ...(before === undefined ? {} : { before }),
        }),
        signal: turn.signal,
      });
      const oldest = BigInt(idAt(clock.now() - PURGE_AGE_MS));
      const ids = found
        .filter(({ id, author }) => BigInt(id) >= oldest && (user === undefined || author.id === user))
        .slice(0, count)
        .map(({ id }) => id);
      await deleteAll(tools, turn, channel, ids, reason);
      return { deleted: ids.length };
    },
  });
  return [timeout, kick, ban, unban, purge];
}

async function deleteAll(
  { rest }: Tools,
  { signal }: ActionContext,
  channel: string,
  ids: readonly string[],
  reason: string | undefined,
): Promise<void> {
  const [first, ...more] = ids;
  if (first === undefined) return;
  if (more.length === 0) {
    await rest.call({
      call: "DELETE channel message",
      method: "DELETE",
      route: Routes.channelMessage(channel, first),
      signal,
      ...because(reason),
    });
    return;
  }
  // Not repeated by itself: the second time the newest ones would be others.
  await rest.call({
    call: "POST bulk deletion",
    method: "POST",
    route: Routes.channelBulkDelete(channel),
    body: { messages: ids },
    signal,
    ...because(reason),
  });
}

function refuseSelf({ self }: Tools, user: string): void {
  if (user === self) throw new Rejected("This is yourself.", { where: "user" });
}
