import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { SimulatorError } from "../kit/errors.js";

const MAX_TOTAL_BYTES = 256 * 1024 * 1024;

export interface StoredFile {
  file_id: string;
  file_unique_id: string;
  /** As in `File.file_path`. */
  path: string;
  bytes: Uint8Array;
}

/** The bytes of sent media, by file id and by path. */
export class FileStore {
  /** As of a server with `--local`: files are named by where they are on its disk. */
  readonly localFolder: string | undefined;
  readonly #byId = new Map<string, StoredFile>();
  #total = 0;

  constructor(localFolder: string | undefined) {
    this.localFolder = localFolder;
  }

  add(bytes: Uint8Array, folder: string, extension: string): StoredFile {
    if (this.#total + bytes.length > MAX_TOTAL_BYTES) {
      throw new SimulatorError(`The simulator keeps at most ${MAX_TOTAL_BYTES} bytes of files.`);
    }
    this.#total += bytes.length;
    const number = this.#byId.size + 1;
    const file = {
      file_id: `SIMULATED_FILE_${number}`,
      file_unique_id: `SIM${number}`,
      path: `${folder}/file_${number}.${extension}`,
      bytes,
    };
    this.#byId.set(file.file_id, file);
    return file;
  }

  get(fileId: string): StoredFile | undefined {
    return this.#byId.get(fileId);
  }

  /** Writes the file below `folder` and gives its path there. */
  onDisk({ path, bytes }: StoredFile, folder: string): string {
    const absolute = resolve(folder, path);
    mkdirSync(dirname(absolute), { recursive: true });
    writeFileSync(absolute, bytes);
    return absolute;
  }

  byPath(path: string): StoredFile | undefined {
    return [...this.#byId.values()].find((file) => file.path === path);
  }
}
