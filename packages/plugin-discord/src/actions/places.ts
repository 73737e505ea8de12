import { type ActionContext, type Address, placeOf, Rejected, type Sender } from "@elizaos/connector-core";
import { ChannelType, PermissionFlagsBits as P, Routes } from "discord-api-types/v10";
import { z } from "zod";
import { type Channel, isThread } from "../directory.js";
import { guildSettings } from "../guilds.js";
import { channelOf } from "../outbound.js";
import { permissionNames } from "../permissions.js";
import { snowflake } from "./input.js";
import { permissionsAt } from "./standing.js";
import { ask, type Tools } from "./tools.js";

/** Of actions that may go to another channel. */
export const otherChannel = snowflake
  .optional()
  .describe("Id of another channel or thread of this server. Leave it out for this one.");
/** Of actions that only owners have look elsewhere. */
export const ownersChannel = snowflake
  .optional()
  .describe(
    "Id of another channel or thread, only when an owner of the agent asks. Leave it out for this one.",
  );

type Turn = Pick<ActionContext, "to" | "event" | "isOwner" | "signal">;

/** The id of the turn's channel, thread or private chat. */
export async function here(tools: Pick<Tools, "direct">, { to, signal }: Turn): Promise<string> {
  return channelOf(await tools.direct.resolve(to, signal));
}

/** The turn's place, or another one that an owner names. Throws `Rejected` for others who name one. */
export async function ownersPlace(tools: Tools, turn: Turn, named: string | undefined): Promise<Address> {
  const other = elsewhere(turn, named);
  if (other === undefined || !turn.isOwner) return placeOf(turn, { chat: other });
  return addressOf(await channelNamed(tools, turn, other));
}

/**
 * The turn's place, or another channel of its server. That must be one in which the policy would hear whoever asks, and they must have these
 * permissions there themselves: the agent lends nobody its own. Owners of the agent may name any.
 *
 * @throws Rejected
 */
export async function otherPlace(
  tools: Tools,
  turn: Turn,
  named: string | undefined,
  needs: (channel: Channel) => bigint = () => P.ViewChannel,
): Promise<Address> {
  const other = elsewhere(turn, named);
  const { space } = turn.to;
  // A private chat has no other channels.
  if (other === undefined || (!turn.isOwner && space === undefined)) return placeOf(turn, { chat: other });
  const found = await channelNamed(tools, turn, other);
  const to = addressOf(found);
  if (turn.isOwner) return to;
  if (to.space === undefined || to.space !== space) return placeOf(turn, { chat: other });
  const { sender } = turn.event;
  const refusal = policyRefusal(tools, to, sender);
  if (refusal !== undefined)
    throw new Rejected(`The config keeps the agent out of channel ${found.id}, or the sender: ${refusal}.`, {
      where: "channel",
    });
  if (found.type === ChannelType.PrivateThread)
    throw new Rejected("Another private thread may be named by an owner of the agent only.", {
      where: "channel",
    });
  const needed = needs(found);
  const may = await permissionsAt(tools, { server: space, channel: found.id, user: sender.id }, turn.signal);
  if ((may & needed) !== needed)
    throw new Rejected(
      `Whoever asks for this has no ${permissionNames(needed & ~may).join(", ")} in channel ${found.id}, and the agent does there only what they may do themselves.`,
      { where: "channel" },
    );
  return to;
}

/** The channel that is named, unless it is the turn's own. */
function elsewhere({ to }: Turn, named: string | undefined): string | undefined {
  return named === channelOf(to) ? undefined : named;
}

/** What keeps the agent from hearing this sender there; undefined for nothing. */
export function policyRefusal(
  { config }: Pick<Tools, "config">,
  to: Address,
  sender: Sender,
): string | undefined {
  const { enabled, listed, allowFrom, roles } = guildSettings(config, to);
  if (enabled?.value === false) return enabled.path;
  if (config.groupPolicy === "closed") return "groupPolicy";
  const isListed = listed !== undefined || [to.chat, "*"].some((id) => config.groupAllowFrom.includes(id));
  if (config.groupPolicy === "allowlist" && !isListed) return "groupAllowFrom";
  const list = allowFrom ?? roles;
  if (list === undefined) return undefined;
  const ids = [sender.id, ...(sender.aliases ?? []), "*"];
  const isOnList =
    ids.some((id) => allowFrom?.value.includes(id)) ||
    ["*", ...(sender.roles ?? [])].some((role) => roles?.value.includes(role));
  return isOnList ? undefined : list.path;
}

/** The channel as the gateway told of it, or as Discord says now. */
export async function channelNamed(
  tools: Pick<Tools, "rest" | "directory">,
  { signal }: Pick<Turn, "signal">,
  id: string,
): Promise<Channel> {
  const known = tools.directory.channel(id);
  if (known !== undefined) return known;
  const call = "GET channel";
  const raw = await ask(tools, z.unknown(), { call, method: "GET", route: Routes.channel(id), signal });
  const found = tools.directory.learnChannel(raw);
  if (found === undefined) throw new Rejected(`${id} is no channel.`, { where: "channel" });
  return found;
}

function addressOf({ id, type, guild, parent }: Channel): Address {
  const space = guild === undefined ? {} : { space: guild };
  return isThread(type) && parent !== undefined
    ? { ...space, chat: parent, thread: id }
    : { ...space, chat: id };
}
