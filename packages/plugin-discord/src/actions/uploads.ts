import { type Action, type ActionContext, defineAction, ofThisChat, Rejected } from "@elizaos/connector-core";
import { Routes } from "discord-api-types/v10";
import { z } from "zod";
import { messageSchema } from "../inbound/wire.js";
import { download } from "../media/download.js";
import { isEmoji } from "../reactions.js";
import { atMost, because, reason, thisOrMessage } from "./input.js";
import { here } from "./places.js";
import { ask, type Tools } from "./tools.js";

/** Discord: "Emoji Resource": 256 KiB; "Create Guild Sticker": 512 KiB. */
const MAX_EMOJI_BYTES = 256 * 1_024;
const MAX_STICKER_BYTES = 512 * 1_024;
/** Discord: "Create Guild Sticker". */
const STICKER_NAME = { min: 2, max: 30 };
const MAX_DESCRIPTION = 100;
/** Discord: "Image Data". */
const EMOJI_TYPES = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"];
const STICKER_TYPES = ["image/png", "image/apng", "image/gif", "application/json"];

const file = {
  message: thisOrMessage.describe(
    "Id of the message of this chat with the file. Leave it out for the one you are answering.",
  ),
  file: z.int().min(1).default(1).describe("Which of its files; the first is 1."),
};

const emojiInput = z.strictObject({
  ...file,
  name: z
    .string()
    .trim()
    .regex(/^\w{2,32}$/, { error: "must be 2 to 32 letters, digits or underscores" })
    .describe("How people write it between colons: 2 to 32 letters, digits or underscores."),
  reason,
});
const stickerInput = z.strictObject({
  ...file,
  name: atMost(STICKER_NAME.max, STICKER_NAME.min).describe("Its name, 2 to 30 characters."),
  description: atMost(MAX_DESCRIPTION, 2)
    .optional()
    .describe(`What it shows, 2 to ${MAX_DESCRIPTION} characters.`),
  emoji: z
    .string()
    .trim()
    .refine(isEmoji, { error: "is no emoji" })
    .describe("The standard emoji that comes closest to it, such as 👋."),
  reason,
});

const madeSchema = z.object({ id: z.string(), name: z.string() });

export function uploadActions(tools: Tools, server: string): readonly Action[] {
  const { actions } = tools.config;
  const emoji = defineAction({
    name: "emojis.upload",
    description:
      "Makes an emoji of this server from a picture in a message: PNG, JPEG, GIF, WebP or AVIF up to 256 KiB.",
    input: emojiInput,
    async run({ message, file, name, reason }, turn) {
      const picture = await fileIn(tools, turn, { message, file, types: EMOJI_TYPES, max: MAX_EMOJI_BYTES });
      const made = await ask(tools, madeSchema, {
        call: "POST emoji",
        method: "POST",
        route: Routes.guildEmojis(server),
        body: { name, image: `data:${picture.mediaType};base64,${picture.bytes.toString("base64")}` },
        signal: turn.signal,
        ...because(reason),
      });
      return { emoji: `${made.name}:${made.id}` };
    },
  });
  const sticker = defineAction({
    name: "stickers.upload",
    description:
      "Makes a sticker of this server from a file in a message: PNG, APNG or GIF up to 512 KiB and 320 x 320 pixels.",
    input: stickerInput,
    async run({ message, file, name, description = "", emoji, reason }, turn) {
      const found = await fileIn(tools, turn, {
        message,
        file,
        types: STICKER_TYPES,
        max: MAX_STICKER_BYTES,
      });
      const made = await ask(tools, madeSchema, {
        call: "POST sticker",
        method: "POST",
        route: Routes.guildStickers(server),
        appendToFormData: true,
        body: { name, description, tags: emoji },
        files: [{ key: "file", name: found.name, contentType: found.mediaType, data: found.bytes }],
        signal: turn.signal,
        ...because(reason),
      });
      return { sticker: made.id, name: made.name };
    },
  });
  return [...(actions.emojiUploads ? [emoji] : []), ...(actions.stickerUploads ? [sticker] : [])];
}

interface Wanted {
  readonly message: string | undefined;
  /** The first is 1. */
  readonly file: number;
  readonly types: readonly string[];
  /** In bytes. */
  readonly max: number;
}

/** A file that came with a message of the turn's chat. */
async function fileIn(tools: Tools, turn: ActionContext, { message, file, types, max }: Wanted) {
  const to = ofThisChat(turn, message);
  const channel = await here(tools, turn);
  const { signal } = turn;
  const { attachments } = await ask(tools, messageSchema, {
    call: "GET channel message",
    method: "GET",
    route: Routes.channelMessage(channel, to.message),
    signal,
  });
  const found = attachments[file - 1];
  if (found === undefined)
    throw new Rejected(`Message ${to.message} has ${attachments.length} files.`, { where: "file" });
  const mediaType = found.content_type?.split(";", 1)[0]?.trim() ?? "";
  if (!types.includes(mediaType))
    throw new Rejected(
      `${found.filename} is ${mediaType || "of no known type"}; Discord takes ${types.join(", ")}.`,
      {
        where: "file",
      },
    );
  const tooLarge = () =>
    new Rejected(`${found.filename} has more than the ${max / 1_024} KiB that Discord takes.`, {
      where: "file",
    });
  if (found.size > max) throw tooLarge();
  const ref = { channel, message: to.message, attachment: found.id, url: found.url };
  const bytes: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of await download({ type: "image", ref }, signal, tools)) {
    size += chunk.length;
    if (size > max) throw tooLarge();
    bytes.push(chunk);
  }
  return { name: found.filename, mediaType, bytes: Buffer.concat(bytes) };
}
