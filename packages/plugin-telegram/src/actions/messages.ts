import {
  type Action,
  defineAction,
  type OutgoingAttachment,
  Rejected,
  type SendResult,
} from "@elizaos/connector-core";
import { z } from "zod";
import { MAX_ALBUM } from "../media/limits.js";
import { addressed, elsewhere, messageId, ofThisChat } from "./input.js";
import type { Tools } from "./tools.js";

const written = z.string().trim().min(1);

const file = z
  .strictObject({
    url: z
      .string()
      .regex(/^https?:\/\//i, { error: "must be an http or https address" })
      .optional()
      .describe("Public http or https address of the file."),
    path: z
      .string()
      .min(1)
      .optional()
      .describe("Path of the file on the agent's machine, only when an owner of the agent asks for it."),
    type: z
      .enum(["image", "video", "animation", "audio", "voice", "sticker", "file"])
      .optional()
      .describe("How it is shown. Leave it out to go by the file's content."),
    name: z.string().min(1).max(255).optional().describe("File name that people see."),
  })
  .refine(({ url, path }) => (url === undefined) !== (path === undefined), {
    error: "needs either url or path",
  });

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

const editInput = z.strictObject({
  message: messageId.describe("Id of one of your own messages in this chat."),
  text: written.describe("The whole new text, as Markdown. Of a message with a file it is the caption."),
});

const deleteInput = z.strictObject({
  message: messageId.describe("Id of one of your own messages in this chat, at most 48 hours old."),
});

export function messageActions({ config: { actions } }: Tools): readonly Action[] {
  const send = defineAction({
    name: "messages.send",
    description:
      "Sends a message beside your answer: to quote another message, to send a file, or, for owners, to write in another chat. Your answer is sent by itself; do not send it with this.",
    input: sendInput,
    async run({ text = "", files = [], replyTo, ...where }, context) {
      const to = addressed(context, where);
      const local = files.find(({ path }) => path !== undefined);
      if (local !== undefined && !context.isOwner)
        throw new Rejected(
          `The file ${local.path} is on the agent's machine, and only an owner of the agent may have such files sent. An owner did not write this message.`,
          { where: "files" },
        );
      const attachments = files.map(toAttachment);
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
  const edit = defineAction({
    name: "messages.edit",
    description: "Replaces the text of one of your own messages in this chat.",
    capability: "edits",
    input: editInput,
    async run({ message, text }, context) {
      await context.perform({ kind: "edit", to: ofThisChat(context, message), text, format: "markdown" });
      return { message };
    },
  });
  const remove = defineAction({
    name: "messages.delete",
    description: "Deletes one of your own messages in this chat for everybody.",
    capability: "deletions",
    input: deleteInput,
    async run({ message }, context) {
      await context.perform({ kind: "delete", to: ofThisChat(context, message) });
      return { deleted: message };
    },
  });
  return [
    ...(actions.sendMessage ? [send] : []),
    ...(actions.editMessage ? [edit] : []),
    ...(actions.deleteMessage ? [remove] : []),
  ];
}

function toAttachment({ url, path, type, name }: z.infer<typeof file>): OutgoingAttachment {
  const shown = { ...(type === undefined ? {} : { type }), ...(name === undefined ? {} : { name }) };
  return path === undefined ? { url: url ?? "", ...shown } : { path, ...shown };
}

const album = z.object({ messages: z.array(z.string()) });

/** The ids of the messages that one call made. */
export function madeBy({ message, data }: SendResult): readonly string[] {
  const several = album.safeParse(data);
  if (several.success) return several.data.messages;
  return message === undefined ? [] : [message];
}
