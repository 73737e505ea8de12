import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import type { AccountHandle } from "../connection/handle.js";
import type { Address } from "../contract/address.js";
import type { OutgoingAttachment } from "../contract/agent.js";
import type { Clock } from "../contract/connection.js";
import { ConnectorError, Rejected } from "../contract/errors.js";
import type { MediaType } from "../contract/event.js";
import type { Features, Limits } from "../contract/features.js";
import type { OutboundAttachment } from "../contract/operation.js";
import { contentOf, typeOf, UNKNOWN_TYPE } from "./content.js";
import { type SizeLimit, sizeLimit, tooLarge } from "./size.js";
import { newHolder, type Spool } from "./spool.js";

/** Of a name, in UTF-16 units; file systems have 255 bytes. */
const MAX_NAME = 80;

export interface OutgoingOptions {
  readonly spool: Spool;
  readonly clock: Clock;
  /** See `RuntimeOptions.trustedHosts`. */
  readonly trustedHosts: readonly string[];
}

/** What became of an agent's attachments. */
export interface Taken {
  readonly files: readonly OutboundAttachment[];
  /** One sentence for each that could not be had. */
  readonly refused: readonly string[];
}

/** Where a message goes, and until when its files may be read. */
export interface OutgoingPlace {
  readonly handle: AccountHandle;
  readonly to: Address;
  readonly signal: AbortSignal;
}

interface Source {
  readonly body: AsyncIterable<Uint8Array>;
  readonly size: number | undefined;
  readonly name: string | undefined;
  readonly mediaType?: string | undefined;
  readonly cancel?: () => void;
}

/** Takes copies of what agents send. The files stay until `end`, and longer where operations hold them. */
export class OutgoingMedia {
  readonly #options: OutgoingOptions;
  readonly #place: OutgoingPlace;
  readonly #holder = newHolder();
  readonly #held = new Set<string>();
  #isOver = false;

  constructor(options: OutgoingOptions, place: OutgoingPlace) {
    this.#options = options;
    this.#place = place;
  }

  /** One after another. Throws only for what is no fault of the attachments: no room in the spool, an end of the time. */
  async take(attachments: readonly OutgoingAttachment[]): Promise<Taken> {
    const { handle, to, signal } = this.#place;
    const files: OutboundAttachment[] = [];
    const refused: string[] = [];
    for (const attachment of attachments) {
      try {
        const here = handle.connection?.supports(to) ?? {
          ...handle.connector.features,
          ...handle.connector.limits,
        };
        files.push(await this.#takeOne(attachment, here));
      } catch (error) {
        signal.throwIfAborted();
        if (!ConnectorError.isInstance(error) || error.retryable) throw error;
        refused.push(error.message);
      }
    }
    return { files, refused };
  }

  /** Files that no operation holds by now are removed. */
  end(): void {
    this.#isOver = true;
    if (this.#held.size > 0) this.#options.spool.release(this.#holder, this.#held);
  }

  async #takeOne(attachment: OutgoingAttachment, here: Features & Limits): Promise<OutboundAttachment> {
    const { handle, signal } = this.#place;
    const { name: platform } = handle.connector.manifest;
    if (here.media === undefined || outboundTypes(here).length === 0)
      throw new Rejected(`${platform} cannot send files here.`);
    const source = await this.#source(attachment);
    const what = `"${nameFor(attachment.name ?? source.name ?? "the file", undefined)}"`;
    const whole = this.#limit(undefined, here);
    if (source.size !== undefined && source.size > whole.max) {
      source.cancel?.();
      throw new Rejected(tooLarge(what, source.size, whole), { where: whole.where });
    }
    const written = await this.#options.spool.write(untilOver(source.body, signal), {
      holder: this.#holder,
      max: whole.max,
      tooLarge: () => new Rejected(tooLarge(what, undefined, whole), { where: whole.where }),
    });
    this.#held.add(written.id);
    // An agent that was given up meanwhile sends nothing any more.
    if (this.#isOver) this.end();
    if (written.size === 0) throw new Rejected(`${what} is empty.`);
    const content = await contentOf(written.head);
    const mediaType = attachment.mediaType ?? content?.mediaType ?? source.mediaType ?? UNKNOWN_TYPE;
    const type = sendableAs(attachment.type ?? typeOf(mediaType), mediaType, here, platform);
    const limit = this.#limit(type, here);
    if (written.size > limit.max)
      throw new Rejected(tooLarge(what, written.size, limit), { where: limit.where });
    const name = nameFor(attachment.name ?? source.name ?? type, content?.extension);
    return { spool: written.id, type, name, mediaType, size: written.size };
  }

  #limit(type: MediaType | undefined, { files }: Limits): SizeLimit {
    const { handle } = this.#place;
    const { name } = handle.connector.manifest;
    return sizeLimit(
      { mediaMaxMb: handle.config.mediaMaxMb, path: handle.locate("mediaMaxMb") },
      {
        max: type === undefined ? undefined : files?.upload?.[type],
        allows: limitFor(name, type),
      },
    );
  }

  async #source(attachment: OutgoingAttachment): Promise<Source> {
    const { clock, trustedHosts } = this.#options;
    if ("bytes" in attachment) {
      const { bytes } = attachment;
      return { body: one(bytes), size: bytes.length, name: undefined };
    }
    if ("path" in attachment) return fromDisk(attachment.path);
    // JavaScript's agents may forget it.
    if (typeof attachment.url !== "string") throw new TypeError("an attachment has a path, a url or bytes");
    const { fetchFile } = await import("./fetch.js");
    return fetchFile(attachment.url, { clock, trustedHosts, signal: this.#place.signal });
  }
}

async function fromDisk(path: string): Promise<Source> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new Rejected(
      error.code === "ENOENT"
        ? `There is no file ${path}.`
        : `${path} cannot be read (${error.code ?? error.message}).`,
    );
  });
  if (!found.isFile()) throw new Rejected(`${path} is no file.`);
  return { body: contents(path), size: found.size, name: basename(path) };
}

async function* contents(path: string): AsyncGenerator<Uint8Array, void> {
  try {
    for await (const chunk of createReadStream(path)) if (chunk instanceof Uint8Array) yield chunk;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "it ended early";
    throw new Rejected(`${path} cannot be read (${code}).`);
  }
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array, void> {
  yield bytes;
}

async function* untilOver(
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  for await (const chunk of body) {
    signal.throwIfAborted();
    yield chunk;
  }
}

/** A name that is one on every system: no folders, no control characters, not too long, with an ending. */
function nameFor(name: string, extension: string | undefined): string {
  const clean = basename(name.toWellFormed().replaceAll("\\", "/"))
    .replace(/[\p{Cc}\p{Cf}<>:"|?*]/gu, "")
    .trim();
  const ending = /\.[A-Za-z0-9]{1,10}$/.exec(clean)?.[0] ?? "";
  const stem = clean
    .slice(0, clean.length - ending.length)
    .slice(0, MAX_NAME)
    .toWellFormed();
  return `${stem === "" ? "file" : stem}${ending || (extension === undefined ? "" : `.${extension}`)}`;
}

function outboundTypes({ media }: Features): readonly MediaType[] {
  return media?.outbound ?? [];
}

/** Why a connection cannot send these files; undefined when it can. */
export function refusalAt(
  attachments: readonly OutboundAttachment[],
  here: Features & Limits,
  platform: string,
): string | undefined {
  const types = outboundTypes(here);
  for (const { type, name, size } of attachments) {
    if (types.length === 0) return `${platform} cannot send files here.`;
    if (!types.includes(type)) return `${platform} cannot send "${name}" as ${type} here.`;
    const max = here.files?.upload?.[type] ?? Number.POSITIVE_INFINITY;
    if (size > max)
      return tooLarge(`"${name}"`, size, {
        max,
        allows: limitFor(platform, type),
        where: "limits.files",
      });
  }
  return undefined;
}

function limitFor(platform: string, type: MediaType = "file"): string {
  return `${platform}'s limit for type ${type} is`;
}

/** What comes closest, where a platform has no such type. */
function closestTo(type: MediaType, mediaType: string): MediaType {
  if (type === "voice") return "audio";
  if (type !== "animation" && type !== "sticker") return "file";
  return mediaType.startsWith("image/") ? "image" : "video";
}

function sendableAs(type: MediaType, mediaType: string, here: Features, platform: string): MediaType {
  const types = outboundTypes(here);
  const found = [type, closestTo(type, mediaType), "file" as const].find((each) => types.includes(each));
  if (found === undefined) throw new Rejected(`${platform} cannot send files of type ${type} here.`);
  return found;
}
