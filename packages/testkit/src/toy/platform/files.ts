import type { Clock } from "@elizaos/connector-core";
import { Memory } from "./memory.js";
import { type Being, Refusal } from "./records.js";

/** A file that somebody brought to the platform. */
export interface FileRecord {
  readonly id: string;
  readonly owner: Being;
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  /** What the platform says of its size. */
  readonly size: number;
  /** Unix time in ms; then it is gone. */
  readonly expires: number;
}

export type NewFile = Omit<FileRecord, "id" | "expires">;

export interface FileRules {
  /** Largest file that an account may bring, in bytes. */
  readonly fileBytes: number;
  /** How long the platform keeps a file, in ms. */
  readonly fileMs: number;
}

/** Files by id, for a time. */
export class Files {
  readonly #rules: FileRules;
  readonly #kept: Memory<FileRecord>;
  readonly #clock: Clock;
  #last = 0;

  constructor(rules: FileRules, clock: Clock) {
    this.#rules = rules;
    this.#kept = new Memory(clock, rules.fileMs);
    this.#clock = clock;
  }

  /** Throws `Refusal` for what is too large. */
  add(file: NewFile): FileRecord {
    if (file.bytes.length > this.#rules.fileBytes && file.owner.type === "account") {
      throw new Refusal(413, "file-too-large", `${file.bytes.length} of ${this.#rules.fileBytes} bytes`);
    }
    this.#last += 1;
    const kept = { ...file, id: `f-${this.#last}`, expires: this.#clock.now() + this.#rules.fileMs };
    this.#kept.put(kept.id, kept);
    return kept;
  }

  /** Throws `Refusal` for a file that never was, or is gone. */
  get(id: string): FileRecord {
    const found = this.#kept.get(id);
    if (found !== undefined) return found;
    const number = Number(/^f-(\d+)$/.exec(id)?.[1] ?? Number.NaN);
    throw number <= this.#last ? new Refusal(410, "file-expired", id) : new Refusal(404, "unknown-file", id);
  }
}
