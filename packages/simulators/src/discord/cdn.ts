import { createHmac, randomBytes } from "node:crypto";
import type { APIAttachment } from "discord-api-types/v10";
import type { Clock } from "../kit/clock.js";
import { SimulatorError } from "../kit/errors.js";

/** How long the address of an attachment works (Discord, "Signed Attachment CDN URLs"). */
const VALID_MS = 24 * 60 * 60 * 1000;
const MAX_TOTAL_BYTES = 256 * 1024 * 1024;

export interface UploadedFile {
  name: string;
  mediaType: string;
  bytes: Uint8Array;
}

/** Keeps uploaded files, and gives and checks the signed addresses under which they are fetched. */
export class Cdn {
  readonly #clock: Clock;
  readonly #root: string;
  readonly #secret = randomBytes(32);
  readonly #files = new Map<string, UploadedFile>();
  #total = 0;

  constructor(clock: Clock, root: string) {
    this.#clock = clock;
    this.#root = root;
  }

  /** The attachment, with an address that is not signed yet. */
  add(id: string, channelId: string, file: UploadedFile): APIAttachment {
    if (this.#total + file.bytes.length > MAX_TOTAL_BYTES)
      throw new SimulatorError(`The simulator keeps at most ${MAX_TOTAL_BYTES} bytes of files.`);
    this.#total += file.bytes.length;
    const filename = safeName(file.name);
    const path = `/attachments/${channelId}/${id}/${filename}`;
    this.#files.set(path, file);
    return {
      id,
      filename,
      size: file.bytes.length,
      url: this.#root + path,
      proxy_url: this.#root + path,
      content_type: file.mediaType,
    };
  }

  /** @param url of an attachment, signed or not */
  sign(url: string): string {
    const { pathname } = new URL(url);
    const issued = Math.floor(this.#clock.now() / 1000);
    const is = issued.toString(16);
    const ex = (issued + VALID_MS / 1000).toString(16);
    return `${this.#root}${pathname}?ex=${ex}&is=${is}&hm=${this.#seal(pathname, ex, is)}&`;
  }

  /** The file behind a signed address; undefined when there is none, or it expired. */
  fetch(url: URL): UploadedFile | undefined {
    const [ex, is, hm] = ["ex", "is", "hm"].map((name) => url.searchParams.get(name) ?? "");
    if (ex === undefined || is === undefined || hm !== this.#seal(url.pathname, ex, is)) return undefined;
    return Number.parseInt(ex, 16) * 1000 > this.#clock.now() ? this.#files.get(url.pathname) : undefined;
  }

  /** The file behind an attachment, whatever became of its address. */
  file(url: string): UploadedFile | undefined {
    return this.#files.get(new URL(url).pathname);
  }

  #seal(path: string, ex: string, is: string): string {
    return createHmac("sha256", this.#secret).update(`${path}?${ex}&${is}`).digest("hex");
  }
}

/** What Discord makes of a file name. */
function safeName(name: string): string {
  const safe = name.replaceAll(" ", "_").replaceAll(/[^\w.()-]/g, "");
  return safe === "" ? "unknown" : safe;
}
