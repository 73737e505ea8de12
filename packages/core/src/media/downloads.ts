import { type Child, childOf, untilAborted } from "../abort.js";
import type { AccountHandle } from "../connection/handle.js";
import type { Address } from "../contract/address.js";
import type { DownloadedFile } from "../contract/agent.js";
import type { Clock } from "../contract/connection.js";
import { Gone, Rejected, Transient } from "../contract/errors.js";
import type { AttachmentRef, InboundEvent } from "../contract/event.js";
import { contentOf, HEAD_BYTES, UNKNOWN_TYPE } from "./content.js";
import { type SizeLimit, sizeLimit, tooLarge } from "./size.js";

export interface DownloadsOptions {
  readonly handle: AccountHandle;
  /** Where the message was. */
  readonly from: Address;
  readonly clock: Clock;
  /** The turn's. */
  readonly signal: AbortSignal;
}

/** What one attempt of a turn fetches. */
export class Downloads {
  readonly #options: DownloadsOptions;
  #time: Child | undefined;
  #isOver = false;

  constructor(options: DownloadsOptions) {
    this.#options = options;
  }

  /** See `Turn.download`. */
  async fetch(attachment: AttachmentRef, signal: AbortSignal | undefined): Promise<DownloadedFile> {
    if (this.#isOver) throw new Transient("The turn is over; its attachments are fetched no more.");
    const { handle, from, clock } = this.#options;
    const what = nameOf(attachment);
    const limit = limitOf(handle, from);
    const refused = attachment.refused ?? refusal(attachment, limit);
    if (refused !== undefined) throw new Rejected(refused, { where: limit.where });
    if (attachment.expiresAt !== undefined && attachment.expiresAt <= clock.now())
      throw new Gone(`${what} has expired: ${handle.connector.manifest.name} does not give it out any more.`);
    const { connection } = handle;
    if (connection === undefined)
      throw new Transient(`${handle.connector.manifest.id}/${handle.id} has no connection right now.`);
    if (connection.download === undefined)
      throw new Rejected(`The ${handle.connector.manifest.name} connector cannot fetch files.`);
    this.#time ??= childOf(this.#options.signal);
    const until = signal === undefined ? this.#time.signal : AbortSignal.any([this.#time.signal, signal]);
    const source = await untilAborted(connection.download(attachment, until), until, {
      late: (stream) => void stream.cancel(),
    });
    return new Bounded(
      source,
      until,
      () => new Rejected(tooLarge(what, undefined, limit), limit),
      limit,
    ).begin(attachment);
  }

  /** What is still being read fails. */
  end(): void {
    this.#isOver = true;
    this.#time?.abort(new Transient("The turn is over."));
    this.#time?.release();
  }
}

/** The same event, in which attachments that are too large say so. */
export function withRefusals(handle: AccountHandle, event: InboundEvent): InboundEvent {
  if (event.kind !== "message" && event.kind !== "edited" && event.kind !== "command") return event;
  const { attachments } = event.content;
  if (attachments === undefined) return event;
  const limit = limitOf(handle, event.address);
  const judged = attachments.map((attachment) => {
    const refused = refusal(attachment, limit);
    return refused === undefined ? attachment : { ...attachment, refused };
  });
  return { ...event, content: { ...event.content, attachments: judged } };
}

function refusal(attachment: AttachmentRef, limit: SizeLimit): string | undefined {
  const { type, size } = attachment;
  if (type === "location" || type === "contact")
    return `A ${type} has no bytes; what it says stands in its ref.`;
  return size !== undefined && size > limit.max ? tooLarge(nameOf(attachment), size, limit) : undefined;
}

function limitOf(handle: AccountHandle, from: Address): SizeLimit {
  const { connection, connector, config } = handle;
  const { files } = connection?.supports(from) ?? connector.limits;
  return sizeLimit(
    { mediaMaxMb: config.mediaMaxMb, path: handle.locate("mediaMaxMb") },
    { max: files?.download, allows: `${connector.manifest.name} gives bots` },
  );
}

function nameOf({ type, name }: AttachmentRef): string {
  return name === undefined ? `The ${type}` : `"${name}"`;
}

/** A stream that ends with an error where it brings more than it may. */
class Bounded {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #signal: AbortSignal;
  readonly #tooLarge: () => Rejected;
  readonly #limit: SizeLimit;
  #read = 0;

  constructor(
    source: ReadableStream<Uint8Array>,
    signal: AbortSignal,
    tooLargeError: () => Rejected,
    limit: SizeLimit,
  ) {
    this.#reader = source.getReader();
    this.#signal = signal;
    this.#tooLarge = tooLargeError;
    this.#limit = limit;
  }

  async begin({ name, mediaType }: AttachmentRef): Promise<DownloadedFile> {
    const first: Uint8Array[] = [];
    let isEnded = false;
    while (!isEnded && this.#read < HEAD_BYTES) {
      const chunk = await this.#next();
      if (chunk === undefined) isEnded = true;
      else first.push(chunk);
    }
    const content = await contentOf(Buffer.concat(first).subarray(0, HEAD_BYTES));
    const stream = new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        const chunk = first.shift() ?? (isEnded ? undefined : await this.#next());
        if (chunk === undefined) controller.close();
        else controller.enqueue(chunk);
      },
      cancel: (reason) => this.#reader.cancel(reason),
    });
    return {
      ...(name === undefined ? {} : { name }),
      mediaType: content?.mediaType ?? mediaType ?? UNKNOWN_TYPE,
      stream,
      bytes: () => allOf(stream),
    };
  }

  async #next(): Promise<Uint8Array | undefined> {
    try {
      const { value, done } = await untilAborted(this.#reader.read(), this.#signal);
      if (done) return undefined;
      this.#read += value.length;
      if (this.#read > this.#limit.max) throw this.#tooLarge();
      return value;
    } catch (error) {
      // Whatever the reason: nobody reads on.
      await this.#reader.cancel(error).catch(() => undefined);
      throw error;
    }
  }
}

async function allOf(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
