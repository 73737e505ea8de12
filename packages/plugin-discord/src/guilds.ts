import {
  type Address,
  type GroupSettings,
  idList,
  type MemberEntry,
  memberSettings,
  promptFields,
  REACTION_NOTIFICATIONS,
  type Setting,
  toolFields,
} from "@elizaos/connector-core";
import { z } from "zod";

const PREFIX = /^discord:/i;

/** Ids as numbers or strings, with or without `discord:` in front. */
export const discordIds = idList.transform((ids) => ids.map(bare));

const memberFields = {
  requireMention: z
    .boolean()
    .optional()
    .describe("Answer only when mentioned or replied to; false to answer everything."),
  enabled: z.boolean().optional().describe("False keeps the agent out, whatever else is said."),
  users: discordIds
    .optional()
    .describe("Only these senders, by user id, and those with one of `roles`; `*` for all."),
  roles: discordIds
    .optional()
    .describe("Only senders with one of these roles, by role id, and those in `users`."),
  ...promptFields,
  ...toolFields,
};

const channel = z.strictObject({
  ...memberFields,
  allow: z.boolean().optional().describe("False keeps the agent out of this channel."),
  autoThread: z
    .boolean()
    .optional()
    .describe(
      "Answer in a thread of its own, begun at the message that is answered; needs Create Public Threads and Send Messages in Threads.",
    ),
});

const guild = z.strictObject({
  ...memberFields,
  slug: z.string().optional().describe("Name of the server for people; nothing is matched against it."),
  reactionNotifications: z
    .enum(REACTION_NOTIFICATIONS)
    .optional()
    .describe(
      "Which reactions in this server the agent learns of, before the account's own; `allowlist` those of `users`, `roles` and `allowFrom`.",
    ),
  channels: z
    .record(z.string(), channel)
    .optional()
    .describe(
      "The channels that the agent takes part in, by id; `*` stands for any. Threads and forum posts follow their parent unless they stand here themselves. Without this map: all of them.",
    ),
});

export const guildFields = {
  guilds: z
    .record(z.string(), guild)
    .prefault({})
    .describe("Servers the agent takes part in, by server id; `*` stands for any."),
} as const;

type Guilds = z.infer<z.ZodObject<typeof guildFields>>["guilds"];
export type Guild = Guilds[string];
export type GuildChannel = z.infer<typeof channel>;

/** An entry of a map and its config path below the account's block. */
export interface Entry<T> {
  readonly value: T;
  readonly path: string;
}

/** What the config says of a place: the most specific entries that name it. */
export interface Place {
  readonly guild?: Entry<Guild>;
  /** The thread's own entry, its parent's, or `*`. */
  readonly channel?: Entry<GuildChannel>;
  /** The guild has a map of channels, and it does not name this one. */
  readonly isLeftOut: boolean;
}

function placeOf(guilds: Guilds, { space, chat, thread }: Address): Place {
  const guild = space === undefined ? undefined : find(guilds, [space, "*"], "guilds");
  if (guild?.value.channels === undefined) return { ...(guild && { guild }), isLeftOut: false };
  const ids = [...(thread === undefined ? [] : [thread]), chat, "*"];
  const found = find(guild.value.channels, ids, `${guild.path}.channels`);
  return found === undefined ? { guild, isLeftOut: true } : { guild, channel: found, isLeftOut: false };
}

/** Whether answers to messages of this channel go into threads of their own. */
export function opensThreads(guilds: Guilds, address: Address): boolean {
  return placeOf(guilds, address).channel?.value.autoThread === true;
}

/** The channels that stand in the config by id and are not switched off. */
export function namedChannels(
  guilds: Guilds,
): readonly { readonly guild: string; readonly channel: string }[] {
  return Object.entries(guilds).flatMap(([guild, { enabled, channels = {} }]) =>
    enabled === false || guild === "*"
      ? []
      : Object.entries(channels).flatMap(([channel, entry]) =>
          channel === "*" || entry.enabled === false || entry.allow === false
            ? []
            : [{ guild: bare(guild), channel: bare(channel) }],
        ),
  );
}

/** See `Connector.groupSettings`. */
export function guildSettings(
  { guilds, groupAllowFrom }: { readonly guilds: Guilds; readonly groupAllowFrom: readonly string[] },
  address: Address,
): GroupSettings {
  const { guild, channel, isLeftOut } = placeOf(guilds, address);
  const entries = [channel, guild].flatMap((entry) => (entry === undefined ? [] : [memberOf(entry)]));
  const { enabled: _, allowFrom: users, ...settings } = memberSettings(entries, bare);
  const off = offSwitch(guild, channel, isLeftOut);
  const byServer = address.space !== undefined && groupAllowFrom.map(bare).includes(address.space);
  const listed = isLeftOut
    ? undefined
    : ((channel ?? guild)?.path ?? (byServer ? "groupAllowFrom" : undefined));
  return {
    ...settings,
    ...(users && { allowFrom: { value: users.value, path: users.path.replace(/allowFrom$/, "users") } }),
    ...(listed !== undefined && { listed: { value: true, path: listed } }),
    ...(address.space !== undefined && { listableAt: `guilds.${address.space}` }),
    ...(off && { enabled: off }),
  };
}

/** Core's word for `users` is `allowFrom`; settings name what is written. */
function memberOf({ path, value }: Entry<Guild | GuildChannel>): MemberEntry {
  const { users, ...member } = value;
  return { path, member: { ...member, ...(users !== undefined && { allowFrom: users }) } };
}

function offSwitch(
  guild: Entry<Guild> | undefined,
  channel: Entry<GuildChannel> | undefined,
  isLeftOut: boolean,
): Setting<boolean> | undefined {
  if (guild?.value.enabled === false) return { value: false, path: `${guild.path}.enabled` };
  if (guild !== undefined && isLeftOut) return { value: false, path: `${guild.path}.channels` };
  if (channel?.value.allow === false) return { value: false, path: `${channel.path}.allow` };
  if (channel?.value.enabled === false) return { value: false, path: `${channel.path}.enabled` };
  return undefined;
}

function find<T>(
  entries: Readonly<Record<string, T>>,
  ids: readonly string[],
  at: string,
): Entry<T> | undefined {
  for (const id of ids) {
    const found = Object.entries(entries).find(([key]) => bare(key) === id);
    if (found !== undefined) return { value: found[1], path: `${at}.${found[0]}` };
  }
  return undefined;
}

function bare(id: string): string {
  return id.trim().replace(PREFIX, "");
}
