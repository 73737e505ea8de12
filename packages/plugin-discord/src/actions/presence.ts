import { type Action, defineAction } from "@elizaos/connector-core";
import { ActivityType, type GatewayPresenceUpdateData, PresenceUpdateStatus } from "discord-api-types/v10";
import { z } from "zod";
import { atMost } from "./input.js";
import type { Tools } from "./tools.js";

/** Discord: "Activity Object"; the clients show no more. */
const MAX_NAME = 128;
const STATUSES = {
  online: PresenceUpdateStatus.Online,
  idle: PresenceUpdateStatus.Idle,
  dnd: PresenceUpdateStatus.DoNotDisturb,
  invisible: PresenceUpdateStatus.Invisible,
} as const;
const TYPES = {
  playing: ActivityType.Playing,
  listening: ActivityType.Listening,
  watching: ActivityType.Watching,
  competing: ActivityType.Competing,
  custom: ActivityType.Custom,
} as const;

const input = z.strictObject({
  status: z.enum(["online", "idle", "dnd", "invisible"]).default("online").describe("The coloured dot."),
  activity: z
    .strictObject({
      type: z
        .enum(["playing", "listening", "watching", "competing", "custom"])
        .describe("The words before the text; none with custom."),
      text: atMost(MAX_NAME).describe(`What people read, up to ${MAX_NAME} characters.`),
    })
    .optional()
    .describe("What the bot does. Leave it out for nothing."),
});

export function presenceActions({ config, setPresence, clock }: Tools): readonly Action[] {
  if (!config.actions.presence) return [];
  const set = defineAction({
    name: "presence.set",
    description: "Sets your status as everybody sees it on Discord, until this program ends.",
    input,
    async run({ status, activity }) {
      const presence: GatewayPresenceUpdateData = {
        status: STATUSES[status],
        since: status === "idle" ? clock.now() : null,
        afk: false,
        activities: activity === undefined ? [] : [toActivity(activity)],
      };
      await setPresence(presence);
      return { status };
    },
  });
  return [set];
}

function toActivity({ type, text }: NonNullable<z.output<typeof input>["activity"]>) {
  // A custom status is read from `state`, and needs a name that nobody sees.
  return type === "custom"
    ? { type: TYPES[type], name: "Custom Status", state: text }
    : { type: TYPES[type], name: text };
}
