import {
  type DispatchContext,
  type MediaType,
  type OutboundAttachment,
  type Part,
  type SendOperation,
  type SendResult,
  Unknown,
} from "@elizaos/connector-core";
import type { Api, InputFile } from "grammy";
import type { InlineKeyboardMarkup } from "grammy/types";
import { z } from "zod";
import { keyboardOf, keyboardSchema } from "../buttons.js";
import type { GrammySignal } from "../client.js";
import type { TelegramConfig } from "../config.js";
import type { Failure } from "../errors.js";
import { hasText, type MessageText, toMessages } from "../text.js";
import { MAX_ALBUM, MAX_CAPTION } from "./limits.js";

const CALLS = {
  image: "sendPhoto",
  video: "sendVideo",
  animation: "sendAnimation",
  audio: "sendAudio",
  voice: "sendVoice",
  sticker: "sendSticker",
  file: "sendDocument",
} as const satisfies Record<MediaType, string>;

const file = z.object({ spool: z.string(), name: z.string() });
/** A file that Telegram has already (Bot API: "Sending files"). */
const known = z.object({ fileId: z.string() });
const caption = { replyTo: z.string().optional(), text: z.string().optional(), html: z.string().optional() };

export const fileCallSchema = z.object({
  call: z.enum(CALLS),
  payload: z.object({ file: z.union([file, known]), ...caption, keyboard: keyboardSchema }),
});
export const albumCallSchema = z.object({
  call: z.literal("sendMediaGroup"),
  payload: z.object({
    files: z.array(z.object({ type: z.enum(["photo", "video"]), file })),
    ...caption,
  }),
});

/** Methods that take one file. */
export const FILE_CALLS: ReadonlySet<string> = new Set(fileCallSchema.shape.call.options);
const sentSchema = z.object({ message_id: z.int() });

type FileCall = z.infer<typeof fileCallSchema>;
type AlbumCall = z.infer<typeof albumCallSchema>;

/**
 * The calls of a message with files: neighbouring photos and videos are albums; the text is the first call's caption, or messages of
 * its own after the files where it is too long or a sticker comes first.
 */
export async function prepareFiles(
  operation: SendOperation,
  attachments: readonly OutboundAttachment[],
  config: TelegramConfig,
): Promise<readonly Part[]> {
  const { replyTo, buttons = [] } = operation;
  const groups = grouped(attachments);
  const isAlbumLast = (groups.at(-1)?.length ?? 0) > 1;
  const needsMessage = buttons.length > 0 && isAlbumLast;
  const [first, ...rest] = needsMessage && !hasText(operation) ? withLastAlone(groups) : groups;
  if (first === undefined) return [];
  const hasCaption = first[0]?.type !== "sticker" && !needsMessage;
  const caption = hasCaption ? await captionOf(operation, config) : undefined;
  const messages = caption === undefined && hasText(operation) ? await toMessages(operation, config) : [];
  const parts = [
    toPart(first, { ...(replyTo === undefined ? {} : { replyTo }), ...caption }),
    ...rest.map((files) => toPart(files, {})),
    ...messages.map((message) => ({ call: "sendMessage", payload: { ...message } })),
  ];
  const last = parts.pop();
  if (last === undefined || buttons.length === 0) return [...parts, ...(last === undefined ? [] : [last])];
  return [...parts, { ...last, payload: { ...last.payload, ...keyboardOf(buttons) } }];
}

/** An album has no buttons (Bot API: sendMediaGroup), so that its last file goes by itself. */
function withLastAlone(
  groups: readonly (readonly OutboundAttachment[])[],
): readonly (readonly OutboundAttachment[])[] {
  const album = groups.at(-1) ?? [];
  return [...groups.slice(0, -1), album.slice(0, -1), album.slice(-1)];
}

/** The whole text, where one caption holds it. */
async function captionOf(operation: SendOperation, config: TelegramConfig): Promise<MessageText | undefined> {
  if (!hasText(operation)) return undefined;
  const textChunkLimit = Math.min(config.textChunkLimit ?? MAX_CAPTION, MAX_CAPTION);
  const [caption, ...more] = await toMessages(operation, { ...config, textChunkLimit });
  return more.length === 0 ? caption : undefined;
}

/** Runs of what may stand in one album; everything else by itself. */
function grouped(attachments: readonly OutboundAttachment[]): readonly (readonly OutboundAttachment[])[] {
  const groups: OutboundAttachment[][] = [];
  for (const attachment of attachments) {
    const last = groups.at(-1);
    const fits = last !== undefined && last.length < MAX_ALBUM && [...last, attachment].every(isForAlbums);
    if (fits) last.push(attachment);
    else groups.push([attachment]);
  }
  return groups;
}

function isForAlbums({ type }: OutboundAttachment): boolean {
  return type === "image" || type === "video";
}

function toPart(
  files: readonly OutboundAttachment[],
  more: { readonly replyTo?: string } & Partial<MessageText>,
): Part & { readonly payload: object } {
  const [only] = files;
  if (only !== undefined && files.length === 1) {
    const { type, spool, name } = only;
    return { call: CALLS[type], payload: { file: { spool, name }, ...more } };
  }
  const album = files.map(({ type, spool, name }) => ({
    type: type === "video" ? "video" : "photo",
    file: { spool, name },
  }));
  return { call: "sendMediaGroup", payload: { files: album, ...more } };
}

/** What every one of the calls takes besides its files. */
export interface SendOptions {
  readonly parse_mode?: "HTML";
  readonly reply_markup?: InlineKeyboardMarkup;
  readonly message_thread_id?: number;
  readonly reply_parameters?: { readonly message_id: number; readonly allow_sending_without_reply: true };
}

export interface FileSender {
  readonly api: Api;
  readonly chat: number | string;
  readonly options: SendOptions;
  readonly open: DispatchContext["open"];
  readonly signal: GrammySignal;
}

/** Uploads the files of a call; they are read anew each time. */
export async function sendFiles(call: FileCall | AlbumCall, sender: FileSender): Promise<SendResult> {
  const { api, chat, open, signal } = sender;
  const { InputFile: Input } = await import("grammy/web");
  const read = async ({ spool, name }: z.infer<typeof file>): Promise<InputFile> =>
    // grammY writes the name as it is; without quotes it ends at a semicolon.
    new Input(await open({ spool }), `"${name}"`);
  const { text, html } = call.payload;
  const written = text === undefined ? {} : { caption: html ?? text };
  if (call.call === "sendMediaGroup") {
    const { parse_mode, reply_markup: _, ...options } = sender.options;
    const marked = parse_mode === undefined ? written : { ...written, parse_mode };
    const media = await Promise.all(
      call.payload.files.map(async (each, index) => ({
        type: each.type,
        media: await read(each.file),
        ...(index === 0 ? marked : {}),
      })),
    );
    const sent: unknown = await api.sendMediaGroup(chat, media, options, signal);
    const ids = z.array(sentSchema).min(1).safeParse(sent);
    if (!ids.success) throw unnamed(call.call);
    const messages = ids.data.map(({ message_id }) => String(message_id));
    return { message: messages[0] ?? "", data: { messages } };
  }
  const options = { ...sender.options, ...written };
  const { file: wanted } = call.payload;
  const input = "fileId" in wanted ? wanted.fileId : await read(wanted);
  const sent: unknown = await sendOne(api, call.call, chat, input, options, signal);
  const message = sentSchema.safeParse(sent);
  if (!message.success) throw unnamed(call.call);
  return { message: String(message.data.message_id) };
}

function sendOne(
  api: Api,
  call: FileCall["call"],
  chat: number | string,
  input: InputFile | string,
  options: SendOptions & { readonly caption?: string },
  signal: GrammySignal,
): Promise<unknown> {
  switch (call) {
    case "sendPhoto":
      return api.sendPhoto(chat, input, options, signal);
    case "sendVideo":
      return api.sendVideo(chat, input, { ...options, supports_streaming: true }, signal);
    case "sendAnimation":
      return api.sendAnimation(chat, input, options, signal);
    case "sendAudio":
      return api.sendAudio(chat, input, options, signal);
    case "sendVoice":
      return api.sendVoice(chat, input, options, signal);
    case "sendDocument":
      return api.sendDocument(chat, input, options, signal);
    case "sendSticker": {
      const { parse_mode: _, caption: __, ...rest } = options;
      return api.sendSticker(chat, input, rest, signal);
    }
  }
}

function unnamed(method: string): Unknown {
  return new Unknown("Telegram took the files, but its answer does not name a message.", { where: method });
}

/** Refusals of one way to show a file, after which it can still be sent as a document (TDLib, messages.sendMedia). */
const NOT_SHOWN =
  /PHOTO_INVALID_DIMENSIONS|PHOTO_EXT_INVALID|PHOTO_SAVE_FILE_INVALID|IMAGE_PROCESS_FAILED|VOICE_MESSAGES_FORBIDDEN|too big for a photo/i;

/** The same file as a document, when Telegram will not show it as what it should be; then nothing was done. */
export function asDocument(call: FileCall, failure: Failure): FileCall | undefined {
  if (call.call === "sendDocument" || failure.kind !== "refused") return undefined;
  return NOT_SHOWN.test(failure.description) ? { ...call, call: "sendDocument" } : undefined;
}
