import type { MediaType } from "../contract/event.js";

/** So many bytes at a file's beginning tell what it is (file-type, README: "sampleSize"). */
export const HEAD_BYTES = 4_100;
export const UNKNOWN_TYPE = "application/octet-stream";

export interface Content {
  readonly mediaType: string;
  /** Without the dot. */
  readonly extension: string;
}

/** What a file is by its first bytes; undefined where they do not tell, as with text. */
export async function contentOf(head: Uint8Array): Promise<Content | undefined> {
  if (head.length === 0) return undefined;
  const { fileTypeFromBuffer } = await import("file-type");
  const found = await fileTypeFromBuffer(head).catch((error: unknown) => {
    // Cut off in the middle of what it wanted to read: not enough to tell.
    if (error instanceof Error) return undefined;
    throw error;
  });
  return found === undefined ? undefined : { mediaType: found.mime, extension: found.ext };
}

/** How a file of this media type is shown. */
export function typeOf(mediaType: string): MediaType {
  if (mediaType === "image/gif") return "animation";
  // Drawings and raw pictures: platforms show them as files.
  if (/^image\/(?:jpeg|png|webp|bmp)$/.test(mediaType)) return "image";
  if (mediaType.startsWith("video/")) return "video";
  if (mediaType.startsWith("audio/")) return "audio";
  return "file";
}
