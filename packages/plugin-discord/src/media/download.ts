import { type AttachmentRef, type Clock, Gone, Rejected, Transient } from "@elizaos/connector-core";
import { Routes } from "discord-api-types/v10";
import { z } from "zod";
import { expiryOf } from "../inbound/content.js";
import type { Rest } from "../rest.js";

const CDN = "https://cdn.discordapp.com";
/** A link that ends within this time may end during the download. */
const MARGIN_MS = 60_000;
/** How long the server may take until the first byte. */
const BEGIN_LIMIT_MS = 30_000;

const fileRef = z.object({ channel: z.string(), message: z.string(), attachment: z.string(), url: z.url() });
const stickerRef = z.object({ sticker: z.string().regex(/^\d+\.\w+$/) });
const messageSchema = z.object({ attachments: z.array(z.object({ id: z.string(), url: z.url() })) });

export interface DownloadOptions {
  readonly rest: Rest;
  readonly clock: Clock;
  /** Where stickers are. */
  readonly cdn?: string;
}

/** The bytes of an attachment; its signed link is asked for anew when it has ended. Throws the contract's errors. */
export async function download(
  { ref }: AttachmentRef,
  signal: AbortSignal,
  options: DownloadOptions,
): Promise<ReadableStream<Uint8Array>> {
  const sticker = stickerRef.safeParse(ref);
  if (sticker.success)
    return (await get(`${options.cdn ?? CDN}/stickers/${sticker.data.sticker}`, signal, options)).body;
  const file = fileRef.safeParse(ref);
  if (!file.success) throw new Rejected("This attachment is no file of Discord's.", { where: "download" });
  const { url } = file.data;
  const endsAt = expiryOf(url);
  const isFresh = endsAt === undefined || options.clock.now() < endsAt - MARGIN_MS;
  const first = isFresh ? await get(url, signal, options) : undefined;
  if (first?.ok === true) return first.body;
  await first?.body.cancel();
  const again = await get(await linkOf(file.data, signal, options), signal, options);
  if (again.ok) return again.body;
  await again.body.cancel();
  throw new Gone("Discord does not have the file any more.", { where: "download" });
}

async function linkOf(
  { channel, message, attachment }: z.infer<typeof fileRef>,
  signal: AbortSignal,
  { rest }: DownloadOptions,
): Promise<string> {
  const raw = await rest.call({
    call: "GET channel message",
    method: "GET",
    route: Routes.channelMessage(channel, message),
    signal,
  });
  const found = messageSchema.safeParse(raw).data?.attachments.find(({ id }) => id === attachment);
  if (found === undefined) throw new Gone("The message has this file no more.", { where: "download" });
  return found.url;
}

interface Found {
  readonly ok: boolean;
  readonly body: ReadableStream<Uint8Array>;
}

/** Other statuses than 200, 403 and 404 are no answer about the file. */
async function get(url: string, signal: AbortSignal, { rest, clock }: DownloadOptions): Promise<Found> {
  const limit = new AbortController();
  const cancel = clock.after(BEGIN_LIMIT_MS, () => limit.abort());
  try {
    const response = await rest.fetch(url, { signal: AbortSignal.any([signal, limit.signal]) });
    const body = response.body ?? new Blob([]).stream();
    if (response.ok) return { ok: true, body };
    if (response.status === 403 || response.status === 404) return { ok: false, body };
    await body.cancel();
    throw new Transient(`Discord did not give the file (HTTP ${response.status}).`, { where: "download" });
  } catch (error) {
    if (error instanceof Transient || signal.aborted) throw error;
    throw new Transient("Discord's file server cannot be reached.", { where: "download" });
  } finally {
    cancel();
  }
}
