import type { FileLimits, Limits, MediaType } from "@elizaos/connector-core";
import { DEFAULT_API_ROOT } from "../api-root.js";
import { MAX_TEXT } from "../text.js";

const MB = 1024 * 1024;

/** What bots can send, and what comes with messages (Bot API: Message; sendPhoto and its kin). */
export const OUTBOUND: readonly MediaType[] = [
  "image",
  "video",
  "animation",
  "audio",
  "voice",
  "sticker",
  "file",
];
export const INBOUND = [...OUTBOUND, "location", "contact"] as const;

/** Longest caption, in UTF-16 units after entity parsing (Bot API: sendPhoto, caption). */
export const MAX_CAPTION = 1024;
/** Photos and videos of one album (Bot API: sendMediaGroup). */
export const MAX_ALBUM = 10;

/** Bot API: "Sending files" and getFile, for Telegram's own server. */
const CLOUD = { upload: 50 * MB, download: 20 * MB };
/** Bot API: "Using a Local Bot API Server". */
const OWN_SERVER = { upload: 2_000 * MB, download: undefined };
/** On every server (Bot API: "Sending files"). */
const PHOTO_BYTES = 10 * MB;

export function isCloud(apiRoot: string): boolean {
  return apiRoot === DEFAULT_API_ROOT;
}

/** What the server at `apiRoot` lets a bot do. */
export function limitsAt(apiRoot: string): Limits {
  const { upload, download } = isCloud(apiRoot) ? CLOUD : OWN_SERVER;
  const files: FileLimits = {
    ...(download === undefined ? {} : { download }),
    upload: {
      image: PHOTO_BYTES,
      video: upload,
      animation: upload,
      audio: upload,
      voice: upload,
      sticker: upload,
      file: upload,
    },
    caption: { max: MAX_CAPTION, unit: "utf16" },
  };
  return { text: { max: MAX_TEXT, unit: "utf16" }, files };
}
