import { fileURLToPath } from "node:url";
import type { MediaType, OutgoingAttachment } from "@elizaos/connector-core";
import type { Media } from "../agent-runtime.js";

const TYPES: Readonly<Record<string, MediaType>> = {
  image: "image",
  video: "video",
  audio: "audio",
  document: "file",
};

/** What an agent of that runtime wants sent: by http(s) or `data:` URL, or a file of this machine. */
export function toOutgoing({ url, title, contentType = "" }: Media): OutgoingAttachment {
  const type = TYPES[contentType];
  const more = {
    ...(type !== undefined && { type }),
    ...(title !== undefined && /\.\w+$/.test(title) && { name: title }),
  };
  const data = /^data:([^;,]*)[^,]*?(;base64)?,/i.exec(url);
  if (data !== null) {
    const [head, mediaType = "", isBase64] = data;
    const body = url.slice(head.length);
    const bytes =
      isBase64 === undefined ? Buffer.from(decodeURIComponent(body)) : Buffer.from(body, "base64");
    return { ...more, bytes, ...(mediaType !== "" && { mediaType }) };
  }
  if (/^https?:/i.test(url)) return { ...more, url };
  return { ...more, path: url.startsWith("file:") ? fileURLToPath(url) : url };
}

/** As kept in that runtime's memory: without bytes. */
export function withoutBytes(media: Media): Media {
  return media.url.startsWith("data:") ? { ...media, url: `urn:uuid:${media.id}` } : media;
}
