import type { Message } from "@grammyjs/types";
import { z } from "zod";
import { type Media, mediaContent } from "../driver/media.js";
import { ApiError, badRequest, simulatorRefusal } from "../errors.js";
import { bool, entities, type InlineKeyboard, integer, json, replyMarkup, text } from "../params.js";
import type { UploadedFile } from "../request.js";
import { formatText } from "../text/format.js";
import { isKeyboard } from "./messages.js";
import { type MethodContext, method } from "./method.js";
import { type Place, place, placeOf } from "./place.js";

/** Of a caption, in UTF-16 units after entities are parsed (Bot API, sendPhoto). */
const MAX_CAPTION_UNITS = 1024;
/** Bot API, "Sending files" */
const MAX_UPLOAD_BYTES = 50 * 1024 * 1024;
const MAX_PHOTO_BYTES = 10 * 1024 * 1024;
const ALBUM = { min: 2, max: 10 };

export const captioned = {
  caption: text.default(""),
  parse_mode: text.optional(),
  caption_entities: entities.optional(),
};
const described = { ...place, ...captioned, reply_markup: replyMarkup.optional() };
const dimensions = { width: integer.optional(), height: integer.optional(), duration: integer.optional() };

type Caption = z.output<z.ZodObject<typeof captioned>>;

export const sendPhoto = method("sendPhoto", { ...described, photo: text.optional() }, (context, params) => {
  const photo = fileOf(context, params.photo, "photo");
  return send(context, params, { photo: photo.bytes });
});

export const sendVideo = method(
  "sendVideo",
  { ...described, ...dimensions, video: text.optional(), supports_streaming: bool.optional() },
  (context, params) => {
    const { bytes, name } = fileOf(context, params.video, "video");
    return send(context, params, { video: bytes, fileName: name });
  },
);

export const sendAnimation = method(
  "sendAnimation",
  { ...described, ...dimensions, animation: text.optional() },
  (context, params) => {
    const { bytes } = fileOf(context, params.animation, "animation");
    return send(context, params, { animation: bytes });
  },
);

export const sendAudio = method(
  "sendAudio",
  {
    ...described,
    audio: text.optional(),
    duration: integer.optional(),
    performer: text.optional(),
    title: text.optional(),
  },
  (context, params) => {
    const { bytes, name } = fileOf(context, params.audio, "audio");
    return send(context, params, { audio: bytes, fileName: name });
  },
);

export const sendVoice = method(
  "sendVoice",
  { ...described, voice: text.optional(), duration: integer.optional() },
  (context, params) => send(context, params, { voice: fileOf(context, params.voice, "voice").bytes }),
);

export const sendDocument = method(
  "sendDocument",
  { ...described, document: text.optional(), disable_content_type_detection: bool.optional() },
  (context, params) => {
    const { bytes, name } = fileOf(context, params.document, "document");
    return send(context, params, { document: bytes, fileName: name });
  },
);

export const sendSticker = method(
  "sendSticker",
  { ...place, sticker: text.optional(), emoji: text.optional(), reply_markup: replyMarkup.optional() },
  (context, params) => {
    const { bytes } = fileOf(context, params.sticker, "sticker");
    return send(context, { ...params, caption: "" }, { sticker: bytes });
  },
);

const inputMedia = json(
  z.array(
    z.object({ type: z.enum(["photo", "video", "audio", "document"]), media: z.string(), ...captioned }),
  ),
  "media",
);

export const sendMediaGroup = method(
  "sendMediaGroup",
  { ...place, media: inputMedia.optional() },
  (context, params) => {
    const { media = [] } = params;
    if (media.length > ALBUM.max) throw badRequest("too many messages to send as an album");
    if (media.length < ALBUM.min) throw simulatorRefusal(`an album has ${ALBUM.min} to ${ALBUM.max} files.`);
    const kinds = new Set(media.map(({ type }) => type));
    const isMixed = kinds.size > 1 && (kinds.has("audio") || kinds.has("document"));
    if (isMixed) throw simulatorRefusal("audio and documents stand in albums of their own kind only.");
    const contents = media.map((item) => {
      const { bytes, name } = fileOf(context, item.media, item.type);
      return { content: itemOf(item.type, bytes, name), caption: captionOf(context, item) };
    });
    const media_group_id = String(13_000_000_000_000_000n + BigInt(context.world.unique()));
    const post = placeOf(context, params);
    return contents.map(({ content, caption }) =>
      post({ ...mediaContent(context.world.files, content), ...caption, media_group_id }),
    );
  },
);

function itemOf(type: "photo" | "video" | "audio" | "document", bytes: Uint8Array, fileName: string): Media {
  switch (type) {
    case "photo":
      return { photo: bytes };
    case "video":
      return { video: bytes, fileName };
    case "audio":
      return { audio: bytes, fileName };
    case "document":
      return { document: bytes, fileName };
  }
}

function send(
  context: MethodContext,
  params: Place & Caption & { reply_markup?: InlineKeyboard | undefined },
  media: Media,
): Message {
  const caption = captionOf(context, params);
  const post = placeOf(context, params);
  const { reply_markup } = params;
  const buttons = isKeyboard(reply_markup) ? { reply_markup } : {};
  return post({ ...mediaContent(context.world.files, media), ...caption, ...buttons });
}

export function captionOf(
  { world }: MethodContext,
  { caption, parse_mode, caption_entities }: Caption,
): Pick<Message, "caption" | "caption_entities"> {
  if (caption === "") return {};
  const formatted = formatText({
    text: caption,
    parseMode: parse_mode,
    entities: caption_entities,
    findUser: world.findUser,
  });
  if (formatted.text.length > MAX_CAPTION_UNITS) throw badRequest("message caption is too long");
  const marked = formatted.entities.length > 0 ? { caption_entities: formatted.entities } : {};
  return { caption: formatted.text, ...marked };
}

/**
 * The file that a parameter names: an upload in its own field, an upload by `attach://`, or a file that Telegram has.
 * @throws ApiError 400 and, for more than a request may hold, 413
 */
function fileOf({ world, files }: MethodContext, value: string | undefined, field: string): UploadedFile {
  const file = uploadOf(files, value, field) ?? stored(world, value);
  if (file === undefined) throw badRequest(`there is no ${field} in the request`);
  const size = file.bytes.length;
  if (size === 0) throw badRequest("file must be non-empty");
  if (size > MAX_UPLOAD_BYTES) throw new ApiError(413, "Request Entity Too Large");
  if (field === "photo" && size > MAX_PHOTO_BYTES) {
    throw badRequest(
      `file of size ${size} bytes is too big for a photo; the maximum size is ${MAX_PHOTO_BYTES} bytes`,
    );
  }
  return file;
}

function uploadOf(
  files: ReadonlyMap<string, UploadedFile>,
  value: string | undefined,
  field: string,
): UploadedFile | undefined {
  return files.get(value?.startsWith("attach://") === true ? value.slice("attach://".length) : field);
}

function stored(world: MethodContext["world"], value: string | undefined): UploadedFile | undefined {
  if (value === undefined || value.startsWith("attach://")) return undefined;
  if (/^https?:/i.test(value)) throw simulatorRefusal("files by URL are not simulated.");
  const file = world.files.get(value);
  if (file === undefined) throw badRequest("wrong file identifier/HTTP URL specified");
  return { name: file.path.split("/").at(-1) ?? "", bytes: file.bytes };
}
