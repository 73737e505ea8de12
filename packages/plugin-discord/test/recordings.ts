import { existsSync, readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { z } from "zod";

/** Recordings lie beside the repository, where the project's shared material is checked out, or where this variable says. */
const VARIABLE = "DISCORD_RECORDINGS";
const named = process.env[VARIABLE];
const FOLDER =
  named === undefined
    ? new URL("../../../../shared/payloads/discord/", import.meta.url)
    : pathToFileURL(`${named}/`);

export const areThere = existsSync(FOLDER);

/** For the title of tests that need them. */
export const WHY_SKIPPED = areThere
  ? ""
  : ` (skipped: ${FOLDER.pathname} is not there; ${VARIABLE} may name another folder)`;

/** What a gateway brought, as it was forwarded. */
const dispatch = z
  .object({ type: z.string().startsWith("GATEWAY_"), timestamp: z.int(), data: z.unknown() })
  .transform(({ type, timestamp, data }) => ({ event: type.slice("GATEWAY_".length), timestamp, data }));

/** What a button brought, as it was posted to an interactions endpoint: the same as the gateway brings (API reference, "Receiving an Interaction"). */
const press = z
  .looseObject({ id: z.string(), type: z.literal(3), token: z.string() })
  .transform((data) => ({ event: "INTERACTION_CREATE", data }));

/** A person, a bot and a thread that the bot began, in a channel of a server. */
export function replay() {
  return z
    .object({
      metadata: z.object({
        botId: z.string(),
        guildId: z.string(),
        channelId: z.string(),
        threadId: z.string(),
        userId: z.string(),
        roleId: z.string(),
      }),
      gatewayMention: dispatch,
      gatewayThreadCreate: dispatch,
      gatewayThreadWelcome: dispatch,
      gatewayThreadUserHey: dispatch,
      gatewayRoleMention: dispatch,
      gatewayThreadNice: dispatch,
      gatewayThreadDMRequest: dispatch,
      gatewayReactionAdd: dispatch,
      buttonClickHello: press,
      buttonClickMessages: press,
    })
    .parse(JSON.parse(readFileSync(new URL("replay-basic.json", FOLDER), "utf8")));
}
