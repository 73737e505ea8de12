import type { AttachmentRef, MentionKind, MessageContent } from "@elizaos/connector-core";
import { MessageFlags, MessageReferenceType, StickerFormatType } from "discord-api-types/v10";
import { readSender } from "./sender.js";
import { readText, type TextContext } from "./text.js";
import type { WireAttachment, WireContent, WireEmbed, WireMessage, WireSticker } from "./wire.js";

export interface ContentContext extends TextContext {
  /** The bot's user id. */
  readonly self: string;
}

/** What a message says. */
export function readContent(message: WireMessage, context: ContentContext): MessageContent {
  const [snapshot] = message.message_snapshots ?? [];
  const isForward = message.message_reference?.type === MessageReferenceType.Forward;
  const said = isForward && snapshot !== undefined ? snapshot.message : message;
  const { text, ranges } = readText(said, context);
  const more = [...said.embeds.map(embedText), pollText(said)].filter((part) => part !== "");
  const attachments = readAttachments(said, message);
  const mention = mentionOf(message, context);
  const reply = isForward ? undefined : message.referenced_message;
  return {
    text: [text, ...more].filter((part) => part !== "").join("\n"),
    ...(ranges.length === 0 ? {} : { ranges }),
    ...(attachments.length === 0 ? {} : { attachments }),
    ...(reply
      ? {
          replyTo: {
            message: reply.id,
            ...(reply.author === undefined
              ? {}
              : {
                  sender: readSender(reply.author, undefined, {
                    ...context,
                    ...(reply.webhook_id === undefined ? {} : { webhook: reply.webhook_id }),
                  }),
                }),
            text: readText({ content: reply.content, mentions: [] }, context).text,
          },
        }
      : {}),
    ...(mention === undefined ? {} : { mentionsSelf: mention }),
    ...(isForward ? { forwardedFrom: "another channel" } : {}),
  };
}

/** The bot is meant: by its name, by the role that is its own, or by a reply. `@everyone` means nobody. */
function mentionOf(
  message: WireMessage,
  { self, directory, guild }: ContentContext,
): MentionKind | undefined {
  const isWritten = new RegExp(`<@!?${self}>`).test(message.content);
  if (isWritten) return "mention";
  const own = guild === undefined ? undefined : directory.guild(guild)?.ownRoles;
  if (message.mention_roles.some((role) => own?.has(role))) return "mention";
  const isForward = message.message_reference?.type === MessageReferenceType.Forward;
  if (!isForward && message.referenced_message?.author?.id === self) return "reply";
  // A mention that a reply makes by itself is told above; any other is one.
  return message.mentions.some(({ id }) => id === self) && !message.referenced_message
    ? "mention"
    : undefined;
}

/** Embeds as lines of text: what other bots and link previews say. */
function embedText({ type, title, description, url, author, fields, footer }: WireEmbed): string {
  // A preview of a link or picture only repeats what stands at its address.
  if (type !== undefined && type !== "rich") return "";
  const head = [author?.name, title, url].filter(
    (part) => part !== undefined && part !== null && part !== "",
  );
  const rows = (fields ?? []).map(({ name, value }) => `${name}: ${value}`);
  return [head.join(" "), description ?? "", ...rows, footer?.text ?? ""]
    .filter((part) => part !== "")
    .join("\n");
}

function pollText({ poll }: WireContent): string {
  if (poll === undefined || poll === null) return "";
  return [
    poll.question.text ?? "",
    ...poll.answers.map(({ poll_media }) => `- ${poll_media.text ?? ""}`),
  ].join("\n");
}

function readAttachments(
  said: WireContent,
  { flags = 0, channel_id, id }: WireMessage,
): readonly AttachmentRef[] {
  const isVoice = (flags & MessageFlags.IsVoiceMessage) !== 0;
  const place = { channel: channel_id, message: id };
  return [
    ...said.attachments.map((each) => fileRef(each, isVoice, place)),
    ...(said.sticker_items ?? []).map(stickerRef),
  ];
}

function fileRef(
  file: WireAttachment,
  isVoice: boolean,
  place: { channel: string; message: string },
): AttachmentRef {
  const mediaType = file.content_type?.split(";", 1)[0]?.trim();
  return {
    type: isVoice ? "voice" : typeOf(mediaType),
    ref: { ...place, attachment: file.id, url: file.url },
    name: file.title ?? file.filename,
    ...(mediaType ? { mediaType } : {}),
    size: file.size,
  };
}

/** Links to attachments are signed, and `ex` says until when, in hexadecimal seconds (API reference, "Signed Attachment CDN URLs"). */
export function expiryOf(url: string): number | undefined {
  const ex = URL.canParse(url) ? new URL(url).searchParams.get("ex") : null;
  const seconds = ex === null ? Number.NaN : Number.parseInt(ex, 16);
  return Number.isNaN(seconds) ? undefined : seconds * 1_000;
}

function typeOf(mediaType: string | undefined): AttachmentRef["type"] {
  if (mediaType === "image/gif") return "animation";
  const [kind] = mediaType?.split("/") ?? [];
  return kind === "image" || kind === "video" || kind === "audio" ? kind : "file";
}

const STICKER_TYPES: Readonly<Record<number, readonly [extension: string, mediaType: string]>> = {
  [StickerFormatType.PNG]: ["png", "image/png"],
  [StickerFormatType.APNG]: ["png", "image/apng"],
  [StickerFormatType.Lottie]: ["json", "application/json"],
  [StickerFormatType.GIF]: ["gif", "image/gif"],
};

function stickerRef({ id, name, format_type = StickerFormatType.PNG }: WireSticker): AttachmentRef {
  const [extension, mediaType] = STICKER_TYPES[format_type] ?? ["png", "image/png"];
  return { type: "sticker", ref: { sticker: `${id}.${extension}` }, name, mediaType };
}
