import {
  type Action,
  type ActionContext,
  defineAction,
  type Json,
  type SendResult,
} from "@elizaos/connector-core";
import { z } from "zod";
import { addressed, atMost, elsewhere, messageId } from "./input.js";
import { madeBy } from "./messages.js";
import type { Tools } from "./tools.js";

/** Bot API: sendContact. */
const MAX_NAME = 64;
const PHONE = /^\+?[\d ()-]{3,30}$/;

const placed = { ...elsewhere, replyTo: messageId.optional().describe("Id of a message to quote.") };

const stickerInput = z.strictObject({
  sticker: z
    .string()
    .min(1)
    .max(255)
    .describe(
      "The sticker's file id, as it stands in the attachment of a message that brought it (`ref.file`).",
    ),
  ...placed,
});

const locationInput = z
  .strictObject({
    latitude: z.number().min(-90).max(90).describe("Degrees, north is positive."),
    longitude: z.number().min(-180).max(180).describe("Degrees, east is positive."),
    title: atMost(256, "Telegram shows no longer titles")
      .optional()
      .describe("Name of the place; needs `address`."),
    address: atMost(256, "Telegram shows no longer addresses")
      .optional()
      .describe("Address of the place; needs `title`."),
    ...placed,
  })
  .refine(({ title, address }) => (title === undefined) === (address === undefined), {
    error: "needs both title and address, or neither",
  });

const contactInput = z.strictObject({
  phone: z
    .string()
    .trim()
    .regex(PHONE, { error: "must be a phone number, such as +4930123456" })
    .describe("Phone number with country code."),
  firstName: atMost(MAX_NAME, "Bot API: sendContact").describe("First name."),
  lastName: atMost(MAX_NAME, "Bot API: sendContact").optional().describe("Last name."),
  ...placed,
});

interface Placed {
  readonly chat?: string | undefined;
  readonly topic?: string | undefined;
  readonly replyTo?: string | undefined;
}

/** Sends one thing that is neither text nor file. */
export async function sendThing(
  context: ActionContext,
  name: string,
  input: { readonly [key: string]: Json },
  { replyTo, ...where }: Placed,
): Promise<readonly SendResult[]> {
  const quote = replyTo === undefined ? {} : { replyTo };
  const to = addressed(context, where);
  return await context.perform({ kind: "action", to, name, input: { ...input, ...quote } });
}

export function thingActions({ config: { actions } }: Tools): readonly Action[] {
  const sticker = defineAction({
    name: "stickers.send",
    description: "Sends a sticker that somebody sent before.",
    input: stickerInput,
    async run({ sticker: fileId, ...where }, context) {
      return { message: only(await sendThing(context, "sendSticker", { file: { fileId } }, where)) };
    },
  });
  const location = defineAction({
    name: "locations.send",
    description: "Sends a point on the map; with title and address, a place.",
    input: locationInput,
    async run({ latitude, longitude, title, address, ...where }, context) {
      const point = { latitude, longitude };
      const results =
        title === undefined || address === undefined
          ? await sendThing(context, "sendLocation", point, where)
          : await sendThing(context, "sendVenue", { ...point, title, address }, where);
      return { message: only(results) };
    },
  });
  const contact = defineAction({
    name: "contacts.send",
    description: "Sends somebody's phone number as a contact.",
    input: contactInput,
    async run({ phone, firstName, lastName, ...where }, context) {
      const names = { firstName, ...(lastName === undefined ? {} : { lastName }) };
      return { message: only(await sendThing(context, "sendContact", { phone, ...names }, where)) };
    },
  });
  return [...(actions.sticker ? [sticker] : []), ...(actions.sendMessage ? [location, contact] : [])];
}

/** The id of the message that was made. */
export function only(results: readonly SendResult[]): string | null {
  return results.flatMap(madeBy)[0] ?? null;
}
