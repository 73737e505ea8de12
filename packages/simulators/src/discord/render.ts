import { ChannelType } from "discord-api-types/v10";
import type { Bot } from "./bot.js";
import type { Channel } from "./channel.js";
import type { Guild, Member, ScheduledEvent, VoiceState } from "./guild.js";

/** Channels as the API and the gateway give them. */
export function channelPayload(channel: Channel, viewerId?: string): object {
  const { id, type, guild } = channel;
  if (channel.thread !== undefined) return threadPayload(channel, viewerId);
  if (channel.isDm) {
    return {
      id,
      type,
      flags: 0,
      last_message_id: channel.lastMessageId,
      recipients: channel.recipients.filter((user) => user.id !== viewerId),
    };
  }
  return {
    id,
    type,
    guild_id: guild?.id,
    name: channel.name,
    parent_id: channel.category?.id ?? null,
    position: channel.position,
    permission_overwrites: channel.overwrites,
    flags: 0,
    nsfw: channel.nsfw,
    rate_limit_per_user: channel.rateLimitPerUser,
    ...(channel.type !== ChannelType.GuildCategory && {
      topic: channel.topic,
      last_message_id: channel.lastMessageId,
    }),
    ...(channel.isForum && {
      available_tags: channel.tags,
      default_reaction_emoji: null,
      default_sort_order: null,
      default_forum_layout: 0,
    }),
    ...((type === ChannelType.GuildVoice || type === ChannelType.GuildStageVoice) && {
      bitrate: 64_000,
      user_limit: 0,
      rtc_region: null,
    }),
  };
}

function threadPayload(channel: Channel, viewerId: string | undefined): object {
  const { id, type, guild, name, thread, parent, lastMessageId } = channel;
  if (thread === undefined) return {};
  const joined = viewerId === undefined ? undefined : thread.members.get(viewerId);
  return {
    id,
    type,
    guild_id: guild?.id,
    parent_id: parent?.id,
    owner_id: thread.ownerId,
    name,
    last_message_id: lastMessageId,
    message_count: channel.messages.size,
    total_message_sent: thread.totalSent,
    member_count: Math.min(50, thread.members.size),
    rate_limit_per_user: channel.rateLimitPerUser,
    flags: 0,
    ...(parent?.isForum === true && { applied_tags: thread.appliedTags }),
    thread_metadata: {
      archived: thread.archived,
      archive_timestamp: thread.archivedAt,
      auto_archive_duration: thread.autoArchive,
      locked: thread.locked,
      create_timestamp: thread.createdAt,
      ...(type === ChannelType.PrivateThread && { invitable: thread.invitable }),
    },
    ...(joined !== undefined && { member: threadMemberPayload(channel, viewerId ?? "", joined) }),
  };
}

export function threadMemberPayload(channel: Channel, userId: string, joined: string): object {
  return { id: channel.id, user_id: userId, join_timestamp: joined, flags: 0 };
}

/** @param member within a message or an interaction it comes without its user */
export function memberPayload({ nick, roles, joinedAt, timedOutUntil }: Member): object {
  return {
    roles,
    nick,
    avatar: null,
    banner: null,
    joined_at: joinedAt,
    premium_since: null,
    deaf: false,
    mute: false,
    flags: 0,
    pending: false,
    communication_disabled_until: timedOutUntil,
  };
}

export function fullMemberPayload(member: Member): object {
  return { ...memberPayload(member), user: member.user };
}

/** What GET /guilds/{id} gives. */
export function guildPayload(guild: Guild): object {
  return {
    id: guild.id,
    name: guild.name,
    icon: null,
    splash: null,
    discovery_splash: null,
    banner: null,
    description: null,
    owner_id: guild.ownerId,
    region: "deprecated",
    afk_channel_id: null,
    afk_timeout: 300,
    verification_level: 0,
    default_message_notifications: 0,
    explicit_content_filter: 0,
    roles: [...guild.roles.values()],
    emojis: [...guild.emojis.values()],
    stickers: [...guild.stickers.values()],
    features: [],
    mfa_level: 0,
    application_id: null,
    system_channel_id: null,
    system_channel_flags: 0,
    rules_channel_id: null,
    public_updates_channel_id: null,
    safety_alerts_channel_id: null,
    vanity_url_code: null,
    premium_tier: 0,
    premium_subscription_count: 0,
    premium_progress_bar_enabled: false,
    preferred_locale: "en-US",
    nsfw_level: 0,
    max_members: 500_000,
    max_presences: null,
    max_video_channel_users: 25,
    max_stage_video_channel_users: 50,
    incidents_data: null,
  };
}

/** The payload of GUILD_CREATE. Members are those in voice and the bot itself unless the intent for members is there. */
export function guildCreatePayload(
  guild: Guild,
  channels: readonly Channel[],
  bot: Bot,
  withMembers: boolean,
): object {
  const members = [...guild.members.values()].filter(
    ({ user }) => withMembers || user.id === bot.id || guild.voice.has(user.id),
  );
  return {
    ...guildPayload(guild),
    joined_at: guild.members.get(bot.id)?.joinedAt,
    large: false,
    member_count: guild.members.size,
    members: members.map(fullMemberPayload),
    channels: channels
      .filter(({ thread }) => thread === undefined)
      .map((channel) => channelPayload(channel, bot.id)),
    threads: channels
      .filter(({ thread }) => thread !== undefined && !thread.archived)
      .map((channel) => channelPayload(channel, bot.id)),
    voice_states: [...guild.voice.values()].map(voicePayload),
    presences: [],
    stage_instances: [],
    guild_scheduled_events: [...guild.events.values()].map((event) => eventPayload(guild, event)),
    soundboard_sounds: [],
  };
}

export function voicePayload({ channelId, userId, sessionId, mute, deaf }: VoiceState): object {
  return {
    channel_id: channelId,
    user_id: userId,
    session_id: sessionId,
    deaf,
    mute,
    self_deaf: false,
    self_mute: false,
    self_video: false,
    suppress: false,
    request_to_speak_timestamp: null,
  };
}

export function eventPayload(guild: Guild, event: ScheduledEvent): object {
  return {
    id: event.id,
    guild_id: guild.id,
    channel_id: event.channelId,
    creator_id: event.creatorId,
    name: event.name,
    description: event.description,
    scheduled_start_time: event.start,
    scheduled_end_time: event.end,
    privacy_level: 2,
    status: event.status,
    entity_type: event.entityType,
    entity_id: null,
    entity_metadata: event.location === undefined ? null : { location: event.location },
    user_count: event.interested.size,
    image: null,
    recurrence_rule: null,
  };
}
