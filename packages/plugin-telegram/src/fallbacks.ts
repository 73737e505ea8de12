import { Rejected, type SendResult } from "@elizaos/connector-core";
import { type Call, callSchema } from "./calls.js";
import { type Failure, isUnreadable } from "./errors.js";
import { MAX_CAPTION } from "./media/limits.js";

/** Refusals which say that things are as they should be. */
export function alreadyDone(call: Call, failure: Failure): SendResult | undefined {
  if (failure.kind !== "refused" || failure.status !== 400) return undefined;
  const isEdit = call.call === "editMessageText" || call.call === "editMessageCaption";
  if (isEdit && /message is not modified/i.test(failure.description))
    return { message: call.payload.message };
  if (call.call === "deleteMessage" && /message to delete not found/i.test(failure.description)) return {};
  return undefined;
}

/** The text as a message of its own, when the one that was to show it is gone; then nothing was done. */
export function withoutDraft(call: Call, failure: Failure): Call | undefined {
  if (call.call !== "editMessageText" || call.payload.isDraft !== true || failure.kind !== "refused")
    return undefined;
  if (!/message to edit not found|message can't be edited|MESSAGE_ID_INVALID/i.test(failure.description))
    return undefined;
  const { message: _, isDraft: __, ...payload } = call.payload;
  return { call: "sendMessage", payload };
}

/** The text as the caption of a message that has a file and no text; then nothing was done. */
export function asCaption(call: Call, failure: Failure): Call | undefined {
  if (call.call !== "editMessageText" || failure.kind !== "refused") return undefined;
  if (!/there is no text in the message to edit/i.test(failure.description)) return undefined;
  const { isDraft: _, replyTo: __, noPreview: ___, ...payload } = call.payload;
  if (payload.text.length > MAX_CAPTION)
    throw new Rejected(
      `The message has a file, and the new text is longer than the ${MAX_CAPTION} UTF-16 units that its caption holds.`,
      { where: "editMessageCaption" },
    );
  return { call: "editMessageCaption", payload };
}

/** The same call as plain text, when Telegram could not parse its HTML; then nothing was done. */
export function withoutFormatting(call: Call, failure: Failure): Call | undefined {
  if (!isUnreadable(failure)) return undefined;
  if (!("html" in call.payload) || call.payload.html === undefined) return undefined;
  const { html: _, ...payload } = call.payload;
  return callSchema.parse({ call: call.call, payload });
}
