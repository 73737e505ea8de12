import type { Limits, MediaType } from "@elizaos/connector-core";
import { MAX_TEXT } from "../text.js";

const MB = 1024 * 1024;

/** What bots can send, and what comes with messages; a voice message and a sticker are files like others (stickers of a server are sent by an action). */
export const MEDIA: readonly MediaType[] = [
  "image",
  "video",
  "animation",
  "audio",
  "voice",
  "sticker",
  "file",
];

/** Files of one message (API: Create Message). */
export const MAX_FILES = 10;
/**
 * Largest file in a server without boosts (API reference, "Uploading Files"): 10 MiB until 2026, 20 MiB in the newest documentation. Discord's
 * own refusal (40005) is the last word.
 */
const UPLOAD_BYTES = 20 * MB;

const files = Object.fromEntries(MEDIA.map((type) => [type, UPLOAD_BYTES]));

export const limits: Limits = {
  text: { max: MAX_TEXT, unit: "utf16" },
  files: { upload: files, caption: { max: MAX_TEXT, unit: "utf16" } },
};
