import type { Clock } from "@elizaos/connector-core";
import { z } from "zod";
import { Memory } from "./memory.js";
import { type AccountRecord, Refusal } from "./records.js";

/** Longest data of one button, in UTF-8 bytes. */
const DATA_BYTES = 48;
const ROWS = 4;
const PER_ROW = 3;
/** After this nobody is shown any more that a press waits to be taken. */
const WAIT_MS = 60_000;

/** A button that brings its data to whoever wrote the message, or leads to an address. */
const buttonSchema = z.union([
  z.strictObject({ label: z.string(), data: z.string() }),
  z.strictObject({ label: z.string(), url: z.url() }),
]);
export const buttonsSchema = z.array(z.array(buttonSchema));
export type ButtonRows = z.infer<typeof buttonsSchema>;

/** A press that its person sees waiting until the account took it. */
export interface PressRecord {
  readonly id: string;
  readonly account: AccountRecord;
  taken: boolean;
}

/** @throws Refusal for what cannot stand under a message */
export function checkButtons(rows: ButtonRows): void {
  if (rows.length > ROWS) throw refused(`${rows.length} of ${ROWS} rows`);
  for (const row of rows) {
    if (row.length === 0 || row.length > PER_ROW) throw refused(`${row.length} of 1 to ${PER_ROW} in a row`);
    for (const button of row) {
      if (button.label.trim() === "") throw refused("a label is empty");
      const bytes = "data" in button ? Buffer.byteLength(button.data) : 1;
      if (bytes === 0 || bytes > DATA_BYTES)
        throw refused(`the data of "${button.label}" has ${bytes} of 1 to ${DATA_BYTES} bytes`);
    }
  }
}

/** Buttons that were pressed, as long as anybody waits for the account. */
export class Presses {
  readonly #waiting: Memory<PressRecord>;

  constructor(clock: Clock) {
    this.#waiting = new Memory(clock, WAIT_MS);
  }

  add(id: string, account: AccountRecord): PressRecord {
    const press: PressRecord = { id, account, taken: false };
    this.#waiting.put(id, press);
    return press;
  }

  /** The account says that a press arrived. False when it is none of its, or too old. */
  take(account: AccountRecord, id: string): boolean {
    const press = this.#waiting.get(id);
    if (press?.account !== account) return false;
    press.taken = true;
    return true;
  }
}

function refused(detail: string): Refusal {
  return new Refusal(400, "bad-buttons", detail);
}
