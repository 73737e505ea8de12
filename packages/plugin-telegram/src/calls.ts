import { z } from "zod";
import { thingCallSchemas } from "./actions/sends.js";
import { keyboardSchema } from "./buttons.js";
import { albumCallSchema, FILE_CALLS, fileCallSchema } from "./media/calls.js";

const text = {
  text: z.string(),
  html: z.string().optional(),
  noPreview: z.literal(true).optional(),
  keyboard: keyboardSchema,
};

/** One call as it is stored: where it goes is added when it is made, text is there plain and, where it has marks, as HTML. */
export const callSchema = z.discriminatedUnion("call", [
  fileCallSchema,
  albumCallSchema,
  ...thingCallSchemas,
  z.object({
    call: z.literal("sendMessage"),
    payload: z.object({ replyTo: z.string().optional(), ...text }),
  }),
  z.object({
    call: z.literal("editMessageText"),
    payload: z.object({
      message: z.string(),
      /** The message only shows an earlier state of an answer; where it is gone, the text is sent anew. */
      isDraft: z.boolean().optional(),
      /** What it quotes when it is sent anew. */
      replyTo: z.string().optional(),
      ...text,
    }),
  }),
  z.object({ call: z.literal("editMessageCaption"), payload: z.object({ message: z.string(), ...text }) }),
  z.object({ call: z.literal("deleteMessage"), payload: z.object({ message: z.string() }) }),
  z.object({
    call: z.literal("setMessageReaction"),
    payload: z.object({ message: z.string(), emoji: z.string().nullable() }),
  }),
]);

export type Call = z.infer<typeof callSchema>;

export function isFileCall(call: Call): call is z.infer<typeof fileCallSchema> {
  return FILE_CALLS.has(call.call);
}

export function isUpload(call: Call): call is z.infer<typeof fileCallSchema | typeof albumCallSchema> {
  return call.call === "sendMediaGroup" || isFileCall(call);
}
