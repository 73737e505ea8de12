import type { AttachmentRef, Turn } from "@elizaos/connector-core";
import { isRecord } from "@elizaos/connector-core";
import type { AgentRuntime, Media } from "../agent-runtime.js";

/** What is described and transcribed is read into memory. */
const MAX_BYTES = 20 * 1024 * 1024;
/** UTF-16 units of a text file that are given to the agent. */
const MAX_TEXT = 20_000;

const DESCRIBE = "Describe this image in one or two sentences, and write down any text that stands in it.";

/** That runtime's kinds of files. */
const CONTENT_TYPE = {
  image: "image",
  sticker: "image",
  animation: "video",
  video: "video",
  audio: "audio",
  voice: "audio",
  file: "document",
  location: "link",
  contact: "link",
} as const satisfies Record<AttachmentRef["type"], string>;

/**
 * An attachment as that runtime takes it. It fetches by itself what has no `description` or `text`, and loses the whole message when it
 * cannot; so both are always there: from its own models for images and speech where it has them, from the file where that is text, else
 * a line that says what the file is. There is no address by which it could be fetched: those of most platforms hold credentials.
 */
export async function toMedia(
  runtime: AgentRuntime,
  turn: Turn,
  attachment: AttachmentRef,
  id: string,
  signal: AbortSignal,
): Promise<Media> {
  const contentType = CONTENT_TYPE[attachment.type];
  const line = lineOf(attachment);
  const read = await contentOf(runtime, turn, attachment, signal);
  return {
    id,
    url: `urn:uuid:${id}`,
    title: attachment.name ?? attachment.type,
    source: turn.connector,
    description: read === undefined ? line : `${line} ${read}`,
    text: read ?? line,
    contentType,
  };
}

/** What is in it, in words; undefined where nothing here can tell. */
async function contentOf(
  runtime: AgentRuntime,
  turn: Turn,
  attachment: AttachmentRef,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (attachment.type === "location" || attachment.type === "contact") return JSON.stringify(attachment.ref);
  const reader = readerOf(runtime, attachment);
  if (reader === undefined || attachment.refused !== undefined || (attachment.size ?? 0) > MAX_BYTES)
    return undefined;
  try {
    const file = await turn.download(attachment, { signal });
    return await reader(await file.bytes(), file.mediaType);
  } catch (error) {
    signal.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    runtime.logger.warn(
      { connector: turn.connector, reason },
      "an attachment could not be read for the agent",
    );
    return undefined;
  }
}

type Reader = (bytes: Uint8Array, mediaType: string) => Promise<string | undefined>;

function readerOf(runtime: AgentRuntime, { type, mediaType }: AttachmentRef): Reader | undefined {
  const has = (model: string) => typeof runtime.getModel(model) === "function";
  if (type === "image" && has("IMAGE_DESCRIPTION")) {
    return async (bytes, actual) => {
      const imageUrl = `data:${actual};base64,${Buffer.from(bytes).toString("base64")}`;
      const described = await runtime.useModel("IMAGE_DESCRIPTION", { prompt: DESCRIBE, imageUrl });
      const text = isRecord(described) ? described["description"] : described;
      return typeof text === "string" && text.trim() !== "" ? text.trim() : undefined;
    };
  }
  if ((type === "voice" || type === "audio") && has("TRANSCRIPTION")) {
    return async (bytes) => {
      const spoken = await runtime.useModel("TRANSCRIPTION", Buffer.from(bytes));
      return typeof spoken === "string" && spoken.trim() !== "" ? `It says: ${spoken.trim()}` : undefined;
    };
  }
  if (type === "file" && /^(?:text\/|application\/(?:json|xml)\b)/.test(mediaType ?? ""))
    return async (bytes) => new TextDecoder().decode(bytes).slice(0, MAX_TEXT);
  return undefined;
}

function lineOf({ type, name, mediaType, size, refused }: AttachmentRef): string {
  const facts = [name, mediaType, size === undefined ? undefined : `${size} bytes`]
    .filter(Boolean)
    .join(", ");
  const line = facts === "" ? `[${type}]` : `[${type}: ${facts}]`;
  return refused === undefined ? line : `${line} ${refused}`;
}
