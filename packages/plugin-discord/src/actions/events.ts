import { type Action, defineAction, Rejected } from "@elizaos/connector-core";
import {
  GuildScheduledEventEntityType as Kind,
  GuildScheduledEventPrivacyLevel as Privacy,
  Routes,
  GuildScheduledEventStatus as Status,
} from "discord-api-types/v10";
import { z } from "zod";
import { atMost, because, reason, snowflake } from "./input.js";
import { ask, type Tools } from "./tools.js";

/** Discord: "Guild Scheduled Event Object". */
const MAX_NAME = 100;
const MAX_DESCRIPTION = 1_000;
const MAX_LOCATION = 100;
/** A server has at most so many that are not over (error 30038). */
const MAX_LISTED = 100;

const time = z.iso.datetime({ offset: true });

const createInput = z
  .strictObject({
    name: atMost(MAX_NAME).describe(`What it is called, up to ${MAX_NAME} characters.`),
    start: time.describe("When it begins, such as 2026-05-01T18:00:00+02:00; not in the past."),
    end: time.optional().describe("When it ends; needed with `location`."),
    location: atMost(MAX_LOCATION)
      .optional()
      .describe(`Where it is outside of Discord, up to ${MAX_LOCATION} characters; or give \`channel\`.`),
    channel: snowflake.optional().describe("Id of the voice channel where it is; or give `location`."),
    description: atMost(MAX_DESCRIPTION)
      .optional()
      .describe(`What it is about, up to ${MAX_DESCRIPTION} characters.`),
    reason,
  })
  .refine(({ location, channel }) => (location === undefined) !== (channel === undefined), {
    error: "needs either location or channel",
  })
  .refine(({ location, end }) => location === undefined || end !== undefined, {
    error: "is needed with location",
    path: ["end"],
  })
  .refine(({ start, end }) => end === undefined || Date.parse(end) > Date.parse(start), {
    error: "must be later than start",
    path: ["end"],
  });
const listInput = z.strictObject({});
const deleteInput = z.strictObject({
  event: snowflake.describe("The event's id, as events.list tells it."),
  reason,
});

const eventSchema = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string().nullish(),
  channel_id: z.string().nullish(),
  scheduled_start_time: z.string(),
  scheduled_end_time: z.string().nullish(),
  status: z.int(),
  entity_metadata: z.object({ location: z.string().nullish() }).nullish(),
  user_count: z.int().optional(),
});

export function eventActions(tools: Tools, server: string): readonly Action[] {
  if (!tools.config.actions.events) return [];
  const list = defineAction({
    name: "events.list",
    description: "Lists the scheduled events of this server.",
    input: listInput,
    async run(_, { signal }) {
      const events = await ask(tools, z.array(eventSchema), {
        call: "GET events",
        method: "GET",
        route: Routes.guildScheduledEvents(server),
        query: new URLSearchParams({ with_user_count: "true" }),
        signal,
      });
      return { events: events.slice(0, MAX_LISTED).map(showEvent) };
    },
  });
  const create = defineAction({
    name: "events.create",
    description: "Makes a scheduled event in this server; its members see it.",
    input: createInput,
    async run({ name, start, end, location, channel, description, reason }, { signal }) {
      if (Date.parse(start) <= tools.clock.now())
        throw new Rejected("start is in the past.", { where: "start" });
      const made = await ask(tools, eventSchema, {
        call: "POST event",
        method: "POST",
        route: Routes.guildScheduledEvents(server),
        body: {
          name,
          privacy_level: Privacy.GuildOnly,
          scheduled_start_time: start,
          ...(end === undefined ? {} : { scheduled_end_time: end }),
          ...(description === undefined ? {} : { description }),
          ...(channel === undefined
            ? { entity_type: Kind.External, entity_metadata: { location } }
            : { entity_type: Kind.Voice, channel_id: channel }),
        },
        signal,
        ...because(reason),
      });
      return showEvent(made);
    },
  });
  const remove = defineAction({
    name: "events.delete",
    description: "Deletes a scheduled event of this server.",
    input: deleteInput,
    async run({ event, reason }, { signal }) {
      await tools.rest.call({
        call: "DELETE event",
        method: "DELETE",
        route: Routes.guildScheduledEvent(server, event),
        signal,
        ...because(reason),
      });
      return { deleted: event };
    },
  });
  return [list, create, remove];
}

function showEvent(event: z.infer<typeof eventSchema>) {
  const {
    id,
    name,
    description,
    channel_id: channel,
    scheduled_end_time: end,
    user_count: interested,
  } = event;
  const location = event.entity_metadata?.location;
  return {
    id,
    name,
    start: event.scheduled_start_time,
    ...(end ? { end } : {}),
    ...(channel ? { channel } : {}),
    ...(location ? { location } : {}),
    ...(description ? { description } : {}),
    ...(event.status === Status.Active ? { isOn: true } : {}),
    ...(interested === undefined ? {} : { interested }),
  };
}
