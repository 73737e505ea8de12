import type { PhotoSize } from "@grammyjs/types";
import type { FileStore, StoredFile } from "../files.js";
import type { Draft } from "../world.js";

/** A file to send, by kind. Sizes and durations have small defaults; `bytes` need not be a real picture or sound. */
export type Media =
  | { photo: Uint8Array; width?: number; height?: number }
  | { document: Uint8Array; fileName?: string; mimeType?: string }
  | { voice: Uint8Array; duration?: number }
  | { audio: Uint8Array; duration?: number; fileName?: string; title?: string; performer?: string }
  | { video: Uint8Array; width?: number; height?: number; duration?: number; fileName?: string }
  | { videoNote: Uint8Array; duration?: number }
  | { animation: Uint8Array; width?: number; height?: number; duration?: number }
  | { sticker: Uint8Array; emoji?: string; setName?: string };

const THUMBNAIL_BYTES = 16;

/** Stores the bytes and makes the message content that Telegram would make of them. */
export function mediaContent(files: FileStore, media: Media): Draft {
  if ("photo" in media) {
    const { width = 800, height = 600 } = media;
    const small = files.add(media.photo.slice(0, THUMBNAIL_BYTES), "photos", "jpg");
    const large = files.add(media.photo, "photos", "jpg");
    // Smallest first; only the last one is the whole picture.
    return {
      photo: [
        photoSize(small, Math.round(width / 10), Math.round(height / 10)),
        photoSize(large, width, height),
      ],
    };
  }
  if ("document" in media) {
    const { fileName = "file.bin", mimeType = "application/octet-stream" } = media;
    const file = files.add(media.document, "documents", extension(fileName, "bin"));
    return { document: { ...ref(file), file_name: fileName, mime_type: mimeType } };
  }
  if ("voice" in media) {
    const file = files.add(media.voice, "voice", "oga");
    return { voice: { ...ref(file), duration: media.duration ?? 1, mime_type: "audio/ogg" } };
  }
  if ("audio" in media) {
    const { duration = 1, fileName = "audio.mp3", title, performer } = media;
    const file = files.add(media.audio, "music", extension(fileName, "mp3"));
    const described = {
      ...(title === undefined ? {} : { title }),
      ...(performer === undefined ? {} : { performer }),
    };
    return { audio: { ...ref(file), duration, file_name: fileName, mime_type: "audio/mpeg", ...described } };
  }
  if ("video" in media) {
    const { width = 640, height = 360, duration = 1, fileName = "video.mp4" } = media;
    const file = files.add(media.video, "videos", extension(fileName, "mp4"));
    return { video: { ...ref(file), width, height, duration, file_name: fileName, mime_type: "video/mp4" } };
  }
  if ("videoNote" in media) {
    const file = files.add(media.videoNote, "video_notes", "mp4");
    return { video_note: { ...ref(file), length: 240, duration: media.duration ?? 1 } };
  }
  if ("animation" in media) {
    const { width = 320, height = 240, duration = 1 } = media;
    const file = files.add(media.animation, "animations", "mp4");
    const document = { ...ref(file), file_name: "animation.mp4", mime_type: "video/mp4" };
    return { animation: { ...document, width, height, duration }, document };
  }
  const file = files.add(media.sticker, "stickers", "webp");
  const described = {
    ...(media.emoji === undefined ? {} : { emoji: media.emoji }),
    ...(media.setName === undefined ? {} : { set_name: media.setName }),
  };
  return {
    sticker: {
      ...ref(file),
      type: "regular",
      width: 512,
      height: 512,
      is_animated: false,
      is_video: false,
      ...described,
    },
  };
}

function ref({ file_id, file_unique_id, bytes }: StoredFile) {
  return { file_id, file_unique_id, file_size: bytes.length };
}

function photoSize(file: StoredFile, width: number, height: number): PhotoSize {
  return { ...ref(file), width, height };
}

function extension(fileName: string, fallback: string): string {
  return /\.([A-Za-z0-9]{1,8})$/.exec(fileName)?.[1] ?? fallback;
}
