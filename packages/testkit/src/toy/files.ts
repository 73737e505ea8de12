import type {
  AttachmentRef,
  DispatchContext,
  Limits,
  MediaType,
  Part,
  SendResult,
} from "@elizaos/connector-core";
import { z } from "zod";
import type { ToyClient } from "./client.js";
import { toConnectorError } from "./errors.js";
import { type WireFile, type WireMe, wireUploaded } from "./wire.js";

/** The platform knows files by their media type alone. */
export const MEDIA_TYPES = ["image", "video", "audio", "file"] as const satisfies readonly MediaType[];

const refSchema = z.object({ file: z.string() });
const uploadSchema = z.object({ spool: z.string(), name: z.string(), mediaType: z.string() });

export function limitsOf({ textBytes, fileBytes }: Pick<WireMe, "textBytes" | "fileBytes">): Limits {
  const upload = Object.fromEntries(MEDIA_TYPES.map((type) => [type, fileBytes]));
  return { text: { max: textBytes, unit: "bytes" }, files: { upload } };
}

export function toAttachment({ id, name, type, size, expires }: WireFile): AttachmentRef {
  const [kind] = type.split("/");
  const known = MEDIA_TYPES.find((each) => each === kind);
  return { type: known ?? "file", ref: { file: id }, name, mediaType: type, size, expiresAt: expires };
}

export async function download(
  { ref }: AttachmentRef,
  client: ToyClient,
  signal: AbortSignal,
): Promise<ReadableStream<Uint8Array>> {
  try {
    return await client.file(refSchema.parse(ref).file, signal);
  } catch (error) {
    throw toConnectorError(error, "file");
  }
}

/** Brings a file to the platform; the send that follows names it by what the platform called it. */
export async function upload(
  { payload }: Part,
  { open, signal }: DispatchContext,
  client: ToyClient,
): Promise<SendResult> {
  const { spool, name, mediaType } = uploadSchema.parse(payload);
  const { file } = await client.upload(
    { name, type: mediaType },
    await open({ spool }),
    wireUploaded,
    signal,
  );
  return { data: { file } };
}

/** What the platform called the files that were brought. */
export function fileIds(uploaded: readonly SendResult[]): readonly string[] {
  return uploaded.map(({ data }) => refSchema.parse(data).file);
}
