import { existsSync, readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { z } from "zod";

/** Recordings lie beside the repository, where the project's shared material is checked out, or where this variable says. */
const VARIABLE = "TELEGRAM_RECORDINGS";
const named = process.env[VARIABLE];
const FOLDER =
  named === undefined
    ? new URL("../../../../shared/payloads/telegram/", import.meta.url)
    : pathToFileURL(`${named}/`);

export const areThere = existsSync(FOLDER);

/** For the title of tests that need them. */
export const WHY_SKIPPED = areThere
  ? ""
  : ` (skipped: ${FOLDER.pathname} is not there; ${VARIABLE} may name another folder)`;

export const update = z.looseObject({
  update_id: z.int(),
  message: z.looseObject({
    date: z.int(),
    from: z.looseObject({ id: z.int(), first_name: z.string() }),
  }),
});

const load = (name: string): unknown => JSON.parse(readFileSync(new URL(name, FOLDER), "utf8"));

/** Two messages of one person in private, the first of which mentions the bot. */
export function replay() {
  return z
    .object({ botName: z.string(), botUserId: z.string(), mention: update, followUp: update })
    .parse(load("replay-basic.json"));
}

/** Single updates with titles. */
export function samples() {
  return z.array(z.object({ title: z.string(), payload: update })).parse(load("samples.json"));
}
