import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { type AttachmentRef, Rejected, Transient } from "@elizaos/connector-core";
import { z } from "zod";
import type { Client } from "../client.js";
import type { TelegramConfig } from "../config.js";
import { connectorError } from "../errors.js";
import { streamOf } from "../http.js";
import { isCloud } from "./limits.js";

const refSchema = z.object({ file: z.string() });
const fileSchema = z.object({ file_path: z.string().min(1) });

/** The bytes of an attachment. Throws the contract's errors, none of which names the file's path: it holds the token. */
export async function download(
  { ref }: AttachmentRef,
  signal: AbortSignal,
  { client, config }: { readonly client: Client; readonly config: TelegramConfig },
): Promise<ReadableStream<Uint8Array>> {
  const parsed = refSchema.safeParse(ref);
  if (!parsed.success) throw new Rejected("This attachment is no file of Telegram's.", { where: "getFile" });
  const path = await pathOf(parsed.data.file, client, signal);
  if (/^(?:\/|[A-Za-z]:\\)/.test(path)) return fromDisk(path, config);
  const { status, body } = await client
    .download(`/file/bot${config.botToken}/${encodeURI(path)}`, { signal })
    .catch((error: unknown) => {
      throw connectorError(error, "the download of a file");
    });
  if (status === 200) return body;
  await body.cancel();
  if (status === 404) throw new Rejected("Telegram does not have the file any more.", { where: "getFile" });
  throw new Transient(`Telegram did not give the file (HTTP ${status}).`, { where: "getFile" });
}

async function pathOf(id: string, client: Client, signal: AbortSignal): Promise<string> {
  let answer: unknown;
  try {
    answer = await client.call((api, limited) => api.getFile(id, limited), { signal });
  } catch (error) {
    const failed = connectorError(error, "getFile");
    if (!(failed instanceof Rejected) || !/file is too big/i.test(failed.message)) throw failed;
    throw new Rejected("Telegram gives bots files of up to 20 MB, and this one is larger.", {
      where: "getFile",
      mend: "A Bot API server of your own has no such limit: see apiRoot.",
    });
  }
  const file = fileSchema.safeParse(answer);
  if (file.success) return file.data.file_path;
  throw new Transient("Telegram's answer does not say where the file is.", { where: "getFile" });
}

/**
 * A Bot API server in local mode names files on its own disk, in a folder that is called like the token (Bot API: "Using a Local Bot
 * API Server"). Only there is anything read, and only when the operator has named such a server.
 */
async function fromDisk(
  path: string,
  { apiRoot, botToken = "" }: TelegramConfig,
): Promise<ReadableStream<Uint8Array>> {
  const folders = path.split(/[/\\]/);
  // Where a colon cannot be part of a name, the server writes "~".
  const isOwn = [botToken, botToken.replace(":", "~")].some((name) => name !== "" && folders.includes(name));
  const isThere =
    !isCloud(apiRoot) &&
    isOwn &&
    !folders.includes("..") &&
    (await stat(path).then(
      (found) => found.isFile(),
      () => false,
    ));
  if (isThere) return streamOf(createReadStream(path));
  throw new Rejected("The Bot API server names a file on its own disk, which cannot be read from here.", {
    where: "getFile",
    mend: "Run it without --local, or mount its working folder at the same path here.",
  });
}
