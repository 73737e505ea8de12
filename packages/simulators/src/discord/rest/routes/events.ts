import {
  GatewayDispatchEvents as E,
  GuildScheduledEventEntityType as Kind,
  GuildScheduledEventPrivacyLevel as Privacy,
  GuildScheduledEventStatus as Status,
} from "discord-api-types/v10";
import { z } from "zod";
import { ApiError, invalidField, unknown } from "../../errors.js";
import { flag, text, wholeNumber } from "../../form.js";
import type { Guild, ScheduledEvent } from "../../guild.js";
import { eventPayload, fullMemberPayload, voicePayload } from "../../render.js";
import { snowflake } from "../../snowflake.js";
import { guildIn, idIn, P } from "../find.js";
import { type Context, nothing, route } from "../route.js";

/** Scheduled or active ones of a server. */
const MAX_EVENTS = 100;

const time = z.iso.datetime({ offset: true });
const fields = {
  channel_id: snowflake.nullish(),
  entity_metadata: z.object({ location: text(100, 1).optional() }).nullish(),
  scheduled_end_time: time.nullish(),
  description: text(1000).nullish(),
  image: z.string().nullish(),
  recurrence_rule: z.null().optional(),
};

const createFields = z.object({
  ...fields,
  name: text(100, 1),
  privacy_level: z.literal(Privacy.GuildOnly),
  scheduled_start_time: time,
  entity_type: z.enum(Kind),
});

function tell({ world }: Context, event: E, guild: Guild, item: ScheduledEvent): object {
  const payload = eventPayload(guild, item);
  world.dispatcher.emit({ event, guild, data: () => payload });
  world.changed();
  return payload;
}

function eventIn(context: Context, guild: Guild): ScheduledEvent {
  const event = guild.events.get(idIn(context, "event"));
  if (event === undefined) throw unknown("Guild Scheduled Event");
  return event;
}

/** @throws ApiError 50035 for what does not go together */
function check({ world }: Context, event: ScheduledEvent): void {
  if (event.entityType === Kind.External) {
    if (event.location === undefined)
      throw invalidField("entity_metadata.location", "BASE_TYPE_REQUIRED", "This field is required");
    if (event.end === null)
      throw invalidField("scheduled_end_time", "BASE_TYPE_REQUIRED", "This field is required");
  } else {
    if (event.channelId === null)
      throw invalidField("channel_id", "BASE_TYPE_REQUIRED", "This field is required");
    if (!world.channels.has(event.channelId)) throw unknown("Channel");
  }
  if (event.end !== null && Date.parse(event.end) <= Date.parse(event.start))
    throw invalidField(
      "scheduled_end_time",
      "GUILD_SCHEDULED_EVENT_SCHEDULE_END_BEFORE_START",
      "Cannot schedule event to end before it starts.",
    );
}

const createGuildScheduledEvent = route(
  "createGuildScheduledEvent",
  "POST /guilds/:guild/scheduled-events",
  { ...nothing, body: createFields },
  (context) => {
    const { world, bot, input } = context;
    const guild = guildIn(context, P.CreateEvents);
    if (Date.parse(input.scheduled_start_time) <= world.clock.now())
      throw invalidField(
        "scheduled_start_time",
        "GUILD_SCHEDULED_EVENT_SCHEDULE_PAST",
        "Cannot schedule event in the past.",
      );
    const open = [...guild.events.values()].filter(
      ({ status }) => status === Status.Scheduled || status === Status.Active,
    );
    if (open.length >= MAX_EVENTS)
      throw new ApiError(
        400,
        30038,
        `Maximum number of uncompleted guild scheduled events reached (${MAX_EVENTS})`,
      );
    const event: ScheduledEvent = {
      id: world.ids.next(),
      name: input.name,
      description: input.description ?? null,
      channelId: input.channel_id ?? null,
      location: input.entity_metadata?.location,
      creatorId: bot.id,
      start: input.scheduled_start_time,
      end: input.scheduled_end_time ?? null,
      status: Status.Scheduled,
      entityType: input.entity_type,
      interested: new Set(),
    };
    check(context, event);
    guild.events.set(event.id, event);
    return tell(context, E.GuildScheduledEventCreate, guild, event);
  },
);

const listScheduledEvents = route(
  "listScheduledEventsForGuild",
  "GET /guilds/:guild/scheduled-events",
  { ...nothing, query: z.object({ with_user_count: flag.default(false) }) },
  (context) => {
    const guild = guildIn(context);
    return [...guild.events.values()].map((event) => eventPayload(guild, event));
  },
);

const getGuildScheduledEvent = route(
  "getGuildScheduledEvent",
  "GET /guilds/:guild/scheduled-events/:event",
  { ...nothing, query: z.object({ with_user_count: flag.default(false) }) },
  (context) => {
    const guild = guildIn(context);
    return eventPayload(guild, eventIn(context, guild));
  },
);

const modifyGuildScheduledEvent = route(
  "modifyGuildScheduledEvent",
  "PATCH /guilds/:guild/scheduled-events/:event",
  {
    ...nothing,
    body: createFields.partial().extend({ status: z.enum(Status).optional() }),
  },
  (context) => {
    const { bot, input } = context;
    const guild = guildIn(context);
    const event = eventIn(context, guild);
    guildIn(context, event.creatorId === bot.id ? P.CreateEvents : P.ManageEvents);
    const changed: ScheduledEvent = {
      ...event,
      name: input.name ?? event.name,
      description: input.description === undefined ? event.description : input.description,
      channelId: input.channel_id === undefined ? event.channelId : input.channel_id,
      location: input.entity_metadata?.location ?? event.location,
      start: input.scheduled_start_time ?? event.start,
      end: input.scheduled_end_time === undefined ? event.end : input.scheduled_end_time,
      status: input.status ?? event.status,
      entityType: input.entity_type ?? event.entityType,
    };
    check(context, changed);
    guild.events.set(event.id, changed);
    return tell(context, E.GuildScheduledEventUpdate, guild, changed);
  },
);

const deleteGuildScheduledEvent = route(
  "deleteGuildScheduledEvent",
  "DELETE /guilds/:guild/scheduled-events/:event",
  nothing,
  (context) => {
    const guild = guildIn(context);
    const event = eventIn(context, guild);
    guildIn(context, event.creatorId === context.bot.id ? P.CreateEvents : P.ManageEvents);
    guild.events.delete(event.id);
    tell(context, E.GuildScheduledEventDelete, guild, event);
  },
);

const getGuildScheduledEventUsers = route(
  "getGuildScheduledEventUsers",
  "GET /guilds/:guild/scheduled-events/:event/users",
  {
    ...nothing,
    query: z.object({ limit: wholeNumber(1, 100).default(100), with_member: flag.default(false) }),
  },
  (context) => {
    const { world, search } = context;
    const guild = guildIn(context);
    const event = eventIn(context, guild);
    return [...event.interested].slice(0, search.limit).map((id) => {
      const member = guild.members.get(id);
      return {
        guild_scheduled_event_id: event.id,
        user: world.users.get(id),
        ...(search.with_member && member !== undefined && { member: fullMemberPayload(member) }),
      };
    });
  },
);

const getUserVoiceState = route(
  "getUserVoiceState",
  "GET /guilds/:guild/voice-states/:user",
  nothing,
  (context) => {
    const guild = guildIn(context);
    const userId = context.params.get("user") === "@me" ? context.bot.id : idIn(context, "user");
    const state = guild.voice.get(userId);
    const member = guild.members.get(userId);
    if (state === undefined || member === undefined) throw unknown("Voice State");
    return { ...voicePayload(state), guild_id: guild.id, member: fullMemberPayload(member) };
  },
);

export const eventRoutes = [
  createGuildScheduledEvent,
  listScheduledEvents,
  getGuildScheduledEvent,
  modifyGuildScheduledEvent,
  deleteGuildScheduledEvent,
  getGuildScheduledEventUsers,
  getUserVoiceState,
];
