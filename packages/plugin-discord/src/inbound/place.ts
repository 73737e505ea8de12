import type { Address, ChatKind } from "@elizaos/connector-core";
import { ChannelType } from "discord-api-types/v10";
import { type Directory, isDirect, isThread } from "../directory.js";

export interface WirePlace {
  readonly channel_id: string;
  readonly guild_id?: string | undefined;
  /** As the gateway says with messages. */
  readonly channel_type?: number | undefined;
}

/** Where something happened. */
export interface ReadPlace {
  readonly address: Address;
  readonly chat: { readonly kind: ChatKind; readonly title?: string };
}

/** The address of a channel. A thread's chat is the channel that it belongs to, so that threads follow their parent. */
export function placeIn(directory: Directory, { channel_id, guild_id, channel_type }: WirePlace): ReadPlace {
  const known = directory.channel(channel_id);
  const guild = guild_id ?? known?.guild;
  const type = known?.type ?? channel_type;
  if (guild === undefined || (type !== undefined && isDirect(type))) {
    const kind = type === ChannelType.GroupDM ? "group" : "dm";
    return { address: { chat: channel_id }, chat: { kind } };
  }
  const isInThread = type !== undefined && isThread(type) && known?.parent !== undefined;
  return {
    address: {
      space: guild,
      ...(isInThread ? { chat: known.parent ?? channel_id, thread: channel_id } : { chat: channel_id }),
    },
    chat: { kind: "group", ...titleOf(directory.guild(guild)?.name, known?.name) },
  };
}

/** A channel of a server whose kind nobody said, or a thread whose channel is not known: it has to be looked up first. */
export function isUnknown(directory: Directory, { channel_id, guild_id, channel_type }: WirePlace): boolean {
  const known = directory.channel(channel_id);
  if (known !== undefined) return isThread(known.type) && known.parent === undefined;
  return guild_id !== undefined && (channel_type === undefined || isThread(channel_type));
}

function titleOf(guild: string | undefined, channel: string | undefined): { readonly title?: string } {
  const title = [guild, channel && `#${channel}`].filter(Boolean).join(" ");
  return title === "" ? {} : { title };
}
