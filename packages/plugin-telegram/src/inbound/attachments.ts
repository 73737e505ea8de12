import type { AttachmentRef } from "@elizaos/connector-core";
import type { WireFile, WireMessage } from "./wire.js";

/** What came with a message. A file is named by its file id, which the same bot may use at any time. */
export function readAttachments(message: WireMessage): readonly AttachmentRef[] {
  const { photo, animation, audio, video, video_note, voice, sticker, location, venue, contact } = message;
  // Telegram repeats an animation as a document, for clients that know no animations (Bot API: Message.animation).
  const document = animation === undefined ? message.document : undefined;
  const largest = photo?.reduce((best, size) =>
    (size.file_size ?? 0) >= (best.file_size ?? 0) ? size : best,
  );
  const found: AttachmentRef[] = [];
  if (largest !== undefined) found.push(fileRef("image", largest, "image/jpeg"));
  if (animation !== undefined) found.push(fileRef("animation", animation, "video/mp4"));
  if (video !== undefined) found.push(fileRef("video", video));
  if (video_note !== undefined) found.push(fileRef("video", video_note, "video/mp4"));
  if (voice !== undefined) found.push(fileRef("voice", voice, "audio/ogg"));
  if (audio !== undefined) found.push(fileRef("audio", audio));
  if (document !== undefined) found.push(fileRef("file", document));
  if (sticker !== undefined) {
    const type =
      sticker.is_animated === true
        ? "application/x-tgsticker"
        : sticker.is_video === true
          ? "video/webm"
          : "image/webp";
    found.push({
      ...fileRef("sticker", sticker, type),
      ...(sticker.emoji === undefined ? {} : { name: sticker.emoji }),
    });
  }
  if (location !== undefined) {
    const { latitude, longitude } = location;
    const place =
      venue === undefined
        ? {}
        : { title: venue.title, ...(venue.address === undefined ? {} : { address: venue.address }) };
    found.push({
      type: "location",
      ref: { latitude, longitude, ...place },
      ...(venue === undefined ? {} : { name: venue.title }),
    });
  }
  if (contact !== undefined) {
    const name = [contact.first_name, contact.last_name].filter((part) => part !== undefined).join(" ");
    const user = contact.user_id === undefined ? {} : { user: String(contact.user_id) };
    found.push({ type: "contact", ref: { phone: contact.phone_number, name, ...user }, name });
  }
  return found;
}

function fileRef(type: AttachmentRef["type"], file: WireFile, fallback?: string): AttachmentRef {
  const mediaType = file.mime_type ?? fallback;
  return {
    type,
    ref: {
      file: file.file_id,
      ...(file.file_unique_id === undefined ? {} : { unique: file.file_unique_id }),
    },
    ...(file.file_name === undefined ? {} : { name: file.file_name }),
    ...(mediaType === undefined ? {} : { mediaType }),
    ...(file.file_size === undefined ? {} : { size: file.file_size }),
  };
}
