import { GatewayDispatchEvents as E, MessageType } from "discord-api-types/v10";
import { z } from "zod";
import type { Channel } from "../../channel.js";
import { guildId } from "../../draft.js";
import { ApiError } from "../../errors.js";
import { wholeNumber } from "../../form.js";
import { channelIn, has, messageIn, P } from "../find.js";
import { type Context, nothing, route } from "../route.js";
import { show } from "./messages.js";

/** Discord, error 30003. */
const MAX_PINS = 250;
/** The old route gave no more. */
const MAX_OLD_PINS = 50;

function pin(context: Context): void {
  const { world, bot } = context;
  const channel = channelIn(context, P.PinMessages);
  const stored = messageIn(context, channel);
  const { id } = stored.message;
  if (stored.message.pinned) return;
  if (channel.pins.size >= MAX_PINS)
    throw new ApiError(400, 30003, `Maximum number of pins reached (${MAX_PINS})`);
  channel.pins.set(id, world.time);
  world.messages.update(channel, stored, { pinned: true });
  tell(context, channel);
  world.messages.post(channel, {
    author: bot.user,
    type: MessageType.ChannelPinnedMessage,
    more: { message_reference: { channel_id: channel.id, message_id: id, ...guildId(channel) } },
  });
}

function unpin(context: Context): void {
  const channel = channelIn(context, P.PinMessages);
  const stored = messageIn(context, channel);
  if (!channel.pins.delete(stored.message.id)) return;
  context.world.messages.update(channel, stored, { pinned: false });
  tell(context, channel);
}

function tell({ world }: Context, channel: Channel): void {
  const last = [...channel.pins.values()].at(-1) ?? null;
  world.dispatcher.emit({
    event: E.ChannelPinsUpdate,
    channel,
    data: () => ({ channel_id: channel.id, last_pin_timestamp: last, ...guildId(channel) }),
  });
}

/** Newest pin first. */
function pinned(context: Context, channel: Channel) {
  if (!has(context, channel, P.ReadMessageHistory)) return [];
  return [...channel.pins].reverse().flatMap(([id, pinned_at]) => {
    const stored = channel.messages.get(id);
    return stored === undefined ? [] : [{ pinned_at, message: show(context, context.bot, channel, stored) }];
  });
}

const getChannelPins = route(
  "getChannelPins",
  "GET /channels/:channel/messages/pins",
  {
    ...nothing,
    query: z.object({
      before: z.iso.datetime({ offset: true }).optional(),
      limit: wholeNumber(1, 50).default(50),
    }),
  },
  (context) => {
    const { before, limit } = context.search;
    const until = before === undefined ? Number.POSITIVE_INFINITY : Date.parse(before);
    const found = pinned(context, channelIn(context)).filter(({ pinned_at: at }) => Date.parse(at) < until);
    return { items: found.slice(0, limit), has_more: found.length > limit };
  },
);

const getPinnedMessages = route("getPinnedMessages", "GET /channels/:channel/pins", nothing, (context) =>
  pinned(context, channelIn(context))
    .slice(0, MAX_OLD_PINS)
    .map(({ message }) => message),
);

export const pinRoutes = [
  getChannelPins,
  getPinnedMessages,
  route("pinMessage", "PUT /channels/:channel/messages/pins/:message", nothing, pin),
  route("unpinMessage", "DELETE /channels/:channel/messages/pins/:message", nothing, unpin),
  route("pinMessage", "PUT /channels/:channel/pins/:message", nothing, pin),
  route("unpinMessage", "DELETE /channels/:channel/pins/:message", nothing, unpin),
];
