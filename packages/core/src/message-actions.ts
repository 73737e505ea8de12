import { z } from "zod";
import { type Action, type ActionContext, defineAction, ofThisChat } from "./contract/actions.js";
import type { OutgoingAttachment } from "./contract/agent.js";
import { Rejected } from "./contract/errors.js";

export interface OwnMessageActionsOptions {
  /** Schema of a message id, without a description. */
  readonly messageId: z.ZodType<string>;
  /** What the platform says of the new text, as a sentence for the agent. */
  readonly editNote?: string;
  /** Which messages can still be deleted, such as ", at most 48 hours old"; goes on after "in this chat". */
  readonly deleteLimit?: string;
}

/** `messages.edit` and `messages.delete`, through the outbox, which lets the agent change its own messages only. */
export function ownMessageActions(options: OwnMessageActionsOptions): {
  readonly edit: Action;
  readonly remove: Action;
} {
  const { messageId, editNote, deleteLimit = "" } = options;
  const own = "Id of one of your own messages in this chat";
  const edit = defineAction({
    name: "messages.edit",
    description: "Replaces the text of one of your own messages in this chat.",
    capability: "edits",
    input: z.strictObject({
      message: messageId.describe(`${own}.`),
      text: z
        .string()
        .trim()
        .min(1)
        .describe(
          ["The whole new text, as Markdown.", ...(editNote === undefined ? [] : [editNote])].join(" "),
        ),
    }),
    async run({ message, text }, context) {
      await context.perform({ kind: "edit", to: ofThisChat(context, message), text, format: "markdown" });
      return { message };
    },
  });
  const remove = defineAction({
    name: "messages.delete",
    description: "Deletes one of your own messages in this chat for everybody.",
    capability: "deletions",
    input: z.strictObject({ message: messageId.describe(`${own}${deleteLimit}.`) }),
    async run({ message }, context) {
      await context.perform({ kind: "delete", to: ofThisChat(context, message) });
      return { deleted: message };
    },
  });
  return { edit, remove };
}

/** Fields of a file that an agent sends: its address, or its path on the agent's machine, and its name. */
export const fileFields = {
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
  name: z.string().min(1).max(255).optional().describe("File name that people see."),
};

interface FileInput {
  readonly url?: string | undefined;
  readonly path?: string | undefined;
  readonly type?: OutgoingAttachment["type"] | undefined;
  readonly name?: string | undefined;
}

/** An object of `fileFields` names its file in exactly one way. */
export function hasOneSource({ url, path }: FileInput): boolean {
  return (url === undefined) !== (path === undefined);
}

/**
 * The files of an action's input as attachments.
 *
 * @throws Rejected for a file of the agent's machine in a turn that nobody of the owners began
 */
export function toAttachments(
  { isOwner }: Pick<ActionContext, "isOwner">,
  files: readonly FileInput[],
): readonly OutgoingAttachment[] {
  const local = files.find(({ path }) => path !== undefined);
  if (local !== undefined && !isOwner)
    throw new Rejected(
      `The file ${local.path} is on the agent's machine, and only an owner of the agent may have such files sent. An owner did not write this message.`,
      { where: "files" },
    );
  return files.map(({ url, path, type, name }) => {
    const shown = { ...(type === undefined ? {} : { type }), ...(name === undefined ? {} : { name }) };
    return path === undefined ? { url: url ?? "", ...shown } : { path, ...shown };
  });
}
