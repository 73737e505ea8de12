import { createHash, randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { type FileHandle, open, readdir, rename, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Rejected, Transient } from "../contract/errors.js";
import type { Operation } from "../contract/operation.js";
import type { Spooled } from "../store/port.js";
import { HEAD_BYTES } from "./content.js";

const NAME = /^[0-9a-f]{64}$/;
/** So much is written at once. */
const BLOCK_BYTES = 256 * 1024;
const READ_BYTES = 64 * 1024;

export interface SpoolOptions {
  /** Undefined: a folder of its own among the temporary files, gone with `close`. */
  readonly folder: string | undefined;
  /** All files together. */
  readonly maxBytes: number;
  /** What operations of the store still need. */
  readonly needed: () => Promise<readonly Spooled[]>;
}

/** A file in the spool. It stays as long as somebody holds it. */
export interface SpooledFile {
  readonly id: string;
  readonly size: number;
  readonly head: Uint8Array;
}

/**
 * Copies of files that are to be sent, by their content's SHA-256, mode 0600. A file is there, and on disk, before the operation that
 * needs it is committed, so that one which nobody holds is left over from a crash and goes.
 */
export class Spool {
  readonly #options: SpoolOptions;
  readonly #sizes = new Map<string, number>();
  /** Who needs each file: keys of operations, and attempts that have committed none yet. */
  readonly #holders = new Map<string, Set<string>>();
  #folder: string | undefined;
  #bytes = 0;

  constructor(options: SpoolOptions) {
    this.#options = options;
    this.#folder = options.folder;
  }

  /** Finds what an earlier run left, and removes what no operation needs. */
  async restore(): Promise<void> {
    if (this.#folder === undefined) return;
    const names = await namesIn(this.#folder);
    if (names.length === 0) return;
    for (const { operation, files } of await this.#options.needed()) this.hold(operation, files);
    for (const name of names) {
      if (!NAME.test(name) || !this.#holders.has(name)) this.#remove(name);
      else this.#count(name, (await stat(join(this.#folder, name))).size);
    }
  }

  /** Lets go of what operations held that are gone from the store, or given up. */
  async sweep(): Promise<void> {
    // As of now: who holds a file later is not judged by what the store said before.
    const before = new Map([...this.#holders].map(([id, holders]) => [id, new Set(holders)]));
    if (before.size === 0) return;
    const needed = new Map<string, Set<string>>();
    for (const { operation, files } of await this.#options.needed())
      for (const id of files) needed.set(id, (needed.get(id) ?? new Set()).add(operation));
    for (const [id, holders] of before)
      for (const holder of holders)
        if (!holder.startsWith(ATTEMPT) && needed.get(id)?.has(holder) !== true) this.#letGo(id, holder);
  }

  /**
   * Copies a file, and holds it for `holder`. Throws `Transient` when the spool has no room, and what the source throws; nothing is
   * kept then.
   *
   * @param max bytes; `tooLarge` is thrown beyond
   */
  async write(
    source: AsyncIterable<Uint8Array>,
    {
      holder,
      max,
      tooLarge,
    }: { readonly holder: string; readonly max: number; readonly tooLarge: () => Error },
  ): Promise<SpooledFile> {
    const folder = this.#open();
    const path = join(folder, `${randomUUID()}.part`);
    const hash = createHash("sha256");
    const head: Uint8Array[] = [];
    let size = 0;
    const file = await open(path, "wx", 0o600);
    try {
      let block: Uint8Array[] = [];
      let waiting = 0;
      const flush = async () => {
        await file.writev(block);
        block = [];
        waiting = 0;
      };
      for await (const chunk of source) {
        if (size < HEAD_BYTES) head.push(chunk.subarray(0, HEAD_BYTES - size));
        size += chunk.length;
        this.#bytes += chunk.length;
        if (size > max) throw tooLarge();
        if (this.#bytes > this.#options.maxBytes)
          throw new Transient("There is no room left for files that wait to be sent.", {
            mend: "See which chats they wait for, or raise limits.maxSpoolBytes.",
          });
        hash.update(chunk);
        block.push(chunk);
        waiting += chunk.length;
        if (waiting >= BLOCK_BYTES) await flush();
      }
      if (waiting > 0) await flush();
      await file.sync();
      await file.close();
      const id = hash.digest("hex");
      // From here on nobody removes a file of this name.
      this.hold(holder, [id]);
      await rename(path, join(folder, id));
      if (this.#sizes.has(id)) this.#bytes -= size;
      else this.#sizes.set(id, size);
      return { id, size, head: Buffer.concat(head) };
    } catch (error) {
      this.#bytes -= size;
      await file.close();
      rmSync(path, { force: true });
      throw error;
    }
  }

  hold(holder: string, files: readonly string[]): void {
    for (const id of files) {
      const holders = this.#holders.get(id);
      if (holders === undefined) this.#holders.set(id, new Set([holder]));
      else holders.add(holder);
    }
  }

  /** Files that nobody else holds are removed. */
  release(holder: string, files: Iterable<string>): void {
    for (const id of files) this.#letGo(id, holder);
  }

  /** Throws `Rejected` when the file is not there. */
  async open(id: string): Promise<ReadableStream<Uint8Array>> {
    if (this.#folder !== undefined && NAME.test(id)) {
      const file = await open(join(this.#folder, id)).catch((error: unknown) => {
        if (isMissing(error)) return undefined;
        throw error;
      });
      if (file !== undefined) return streamOf(file);
    }
    throw new Rejected("The file that was to be sent is not in the spool any more.", {
      mend: "Have the agent send it again.",
    });
  }

  /** Files that wait to be sent stay, except in a temporary folder. */
  close(): void {
    if (this.#options.folder === undefined && this.#folder !== undefined)
      rmSync(this.#folder, { recursive: true, force: true });
  }

  #open(): string {
    this.#folder ??= mkdtempSync(join(tmpdir(), "connector-spool-"));
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    return this.#folder;
  }

  #letGo(id: string, holder: string): void {
    const holders = this.#holders.get(id);
    if (holders === undefined || !holders.delete(holder) || holders.size > 0) return;
    this.#holders.delete(id);
    this.#remove(id);
  }

  #count(id: string, size: number): void {
    this.#sizes.set(id, size);
    this.#bytes += size;
  }

  #remove(name: string): void {
    if (this.#folder === undefined) return;
    this.#bytes -= this.#sizes.get(name) ?? 0;
    this.#sizes.delete(name);
    rmSync(join(this.#folder, name), { force: true });
  }
}

/** The files that an operation needs. */
export function filesOf(operation: Operation): readonly string[] {
  return operation.kind === "send" ? (operation.attachments ?? []).map(({ spool }) => spool) : [];
}

/** What the names of holders begin with that are no operations. */
const ATTEMPT = "attempt/";

/** A holder for the time until operations are committed. */
export function newHolder(): string {
  return `${ATTEMPT}${randomUUID()}`;
}

/** Opened already, so that it can be read although it is removed meanwhile. */
function streamOf(file: FileHandle): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(READ_BYTES), 0, READ_BYTES);
      if (bytesRead > 0) controller.enqueue(buffer.subarray(0, bytesRead));
      else {
        await file.close();
        controller.close();
      }
    },
    cancel: () => file.close(),
  });
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
