import { styleText } from "node:util";
import type { AccountStatus } from "@elizaos/connector-core";
import { oneLine } from "../text.js";
import { localTime } from "./layout.js";

/** What a person must see for an account to go on, such as a QR code to scan. */
export type Show = NonNullable<AccountStatus["show"]>;

/**
 * Lines that show it on a screen. It may grant access, so it must not go to a log. QR codes are drawn by a library that
 * is loaded when the first one is.
 */
export async function showLines(where: string, show: Show, colors: boolean): Promise<string[]> {
  const until =
    show.expiresAt === undefined
      ? ""
      : ` (until ${localTime(new Date(show.expiresAt).toISOString(), Date.now())})`;
  switch (show.type) {
    case "qr": {
      const { renderUnicodeCompact } = await import("uqr");
      const drawn = renderUnicodeCompact(show.value, { border: 2 }).split("\n");
      // Light on dark whatever the terminal's own colours are: not every reader takes an inverted code.
      const paint = (line: string) =>
        colors ? styleText(["whiteBright", "bgBlack"], line, { validateStream: false }) : line;
      return [`${where}: scan this code${until}`, ...drawn.map(paint)];
    }
    case "code":
      return [`${where}: enter this code${until}: ${oneLine(show.value)}`];
    case "url":
      return [`${where}: open this address${until}: ${oneLine(show.value)}`];
  }
}
