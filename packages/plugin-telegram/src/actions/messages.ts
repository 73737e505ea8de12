import {
  type Action,
  defineAction,
  fileFields,
  hasOneSource,
  ownMessageActions,
  type SendResult,
  toAttachments,
} from "@elizaos/connector-core";
import { z } from "zod";
import { MAX_ALBUM } from "../media/limits.js";
import { addressed, elsewhere, messageId } from "./input.js";
import type { Tools } from "./tools.js";

const file = z
  .strictObject({
    ...fileFields,
    type: z
      .enum(["image", "video", "animation", "audio", "voice", "sticker", "file"])
      .optional()
      .describe("How it is shown. Leave it out to go by the file's content."),
  })
  .refine(hasOneSource, { error: "needs either url or path" });

const sendInput = z
  .strictObject({
    text: z
      .string()
      .optional()
      .describe("The text, as Markdown. Long ones become several messages. With files: their caption."),
    files: z.array(file).max(MAX_ALBUM).optional().describe("Files to send."),
    replyTo: messageId.optional().describe("Id of a message to quote."),
    ...elsewhere,
  })
  .refine(({ text = "", files = [] }) => text.trim() !== "" || files.length > 0, {
    error: "needs a text or files",
  });

export function messageActions({ config: { actions } }: Tools): readonly Action[] {
  const send = defineAction({
    name: "messages.send",
    description:
      "Sends a message beside your answer: to quote another message, to send a file, or, for owners, to write in another chat. Your answer is sent by itself; do not send it with this.",
    input: sendInput,
    async run({ text = "", files = [], replyTo, ...where }, context) {
      const to = addressed(context, where);
      const attachments = toAttachments(context, files);
      const results = await context.perform({
        kind: "send",
        to,
        text,
        format: "markdown",
        ...(replyTo === undefined ? {} : { replyTo }),
        ...(attachments.length === 0 ? {} : { attachments }),
      });
      return { messages: results.flatMap(madeBy) };
    },
  });
  const { edit, remove } = ownMessageActions({
    messageId,
    editNote: "Of a message with a file it is the caption.",
    deleteLimit: ", at most 48 hours old",
  });
  return [
    ...(actions.sendMessage ? [send] : []),
    ...(actions.editMessage ? [edit] : []),
    ...(actions.deleteMessage ? [remove] : []),
  ];
}

const album = z.object({ messages: z.array(z.string()) });

/** The ids of the messages that one call made. */
export function madeBy({ message, data }: SendResult): readonly string[] {
  const several = album.safeParse(data);
  if (several.success) return several.data.messages;
  return message === undefined ? [] : [message];
}
