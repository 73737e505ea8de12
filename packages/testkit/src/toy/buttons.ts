import type { ButtonRows, ButtonsFeature, Logger } from "@elizaos/connector-core";
import { z } from "zod";
import type { ToyClient } from "./client.js";
import { toConnectorError } from "./errors.js";

/** What the platform's documents say of the buttons of a message. */
export const buttonsFeature: ButtonsFeature = { data: { max: 48, unit: "bytes" }, rows: 4, perRow: 3 };

/** The buttons of a stored part, as the platform takes them. */
export const wireButtons = z.array(
  z.array(
    z.union([
      z.object({ label: z.string(), data: z.string() }),
      z.object({ label: z.string(), url: z.string() }),
    ]),
  ),
);

/** None takes away those that are there; absent ones stay. */
export function buttonsOf(rows: ButtonRows | undefined): { readonly buttons?: z.infer<typeof wireButtons> } {
  if (rows === undefined) return {};
  return { buttons: rows.map((row) => row.map(({ text, ...target }) => ({ label: text, ...target }))) };
}

/**
 * Tells the platform that a press arrived, which ends the waiting mark on the button. A courtesy: where it fails, such as for a press that
 * is too old, nothing else does.
 */
export async function took(
  press: string,
  client: ToyClient,
  { signal, log }: { readonly signal: AbortSignal; readonly log: Logger },
): Promise<void> {
  try {
    await client.post("took", { press }, z.object({}), signal);
  } catch (error) {
    if (!signal.aborted) log.debug({ err: toConnectorError(error, "took") }, "a press could not be answered");
  }
}
