import type { Json } from "@elizaos/connector-core";
import { z } from "zod";
import { readContent } from "../inbound/content.js";
import { messageSchema, type WireUser } from "../inbound/wire.js";
import type { Tools } from "./tools.js";

/** UTF-16 units of a message's text among others. */
const MAX_LISTED_TEXT = 500;

export const shownMessageSchema = messageSchema.extend({
  pinned: z.boolean().optional(),
  reactions: z
    .array(
      z.object({
        count: z.int(),
        me: z.boolean().optional(),
        emoji: z.object({ id: z.string().nullish(), name: z.string().nullish() }),
      }),
    )
    .default([]),
});
export type ShownMessage = z.infer<typeof shownMessageSchema>;

interface ShowContext extends Pick<Tools, "directory" | "self"> {
  readonly server: string | undefined;
}

/** A message as the agent is told of it: whole. */
export function showMessage(message: ShownMessage, { directory, self, server }: ShowContext) {
  const {
    text,
    attachments = [],
    replyTo,
    forwardedFrom,
  } = readContent(message, {
    directory,
    self,
    guild: server,
  });
  const files = attachments.map(({ type, name, size }) => ({
    type,
    ...(name === undefined ? {} : { name }),
    ...(size === undefined ? {} : { bytes: size }),
  }));
  return {
    id: message.id,
    at: message.timestamp,
    author: showUser(message.author, message.member?.nick),
    text,
    ...(message.edited_timestamp ? { edited: true } : {}),
    ...(message.pinned === true ? { pinned: true } : {}),
    ...(replyTo === undefined ? {} : { replyTo: replyTo.message }),
    ...(forwardedFrom === undefined ? {} : { forwarded: true }),
    ...(files.length === 0 ? {} : { files }),
    ...(message.reactions.length === 0 ? {} : { reactions: message.reactions.map(showReaction) }),
  } satisfies Json;
}

/** One of several messages: long texts are cut. */
export function listMessage(message: ShownMessage, context: ShowContext) {
  const shown = showMessage(message, context);
  if (shown.text.length <= MAX_LISTED_TEXT) return shown;
  return { ...shown, text: `${shown.text.slice(0, MAX_LISTED_TEXT).replace(/[\ud800-\udbff]$/, "")}…` };
}

export function showUser({ id, username, global_name, bot }: WireUser, nick?: string | null) {
  const name = nick ?? global_name ?? username;
  return {
    id,
    ...(name ? { name } : {}),
    ...(username && username !== name ? { username } : {}),
    ...(bot === true ? { isBot: true } : {}),
  };
}

export function showReaction({ count, me, emoji }: ShownMessage["reactions"][number]) {
  return {
    emoji: emoji.id ? `${emoji.name ?? ""}:${emoji.id}` : (emoji.name ?? ""),
    count,
    ...(me === true ? { mine: true } : {}),
  };
}
