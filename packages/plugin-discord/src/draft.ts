import { type Draft, Rejected, Unknown } from "@elizaos/connector-core";
import type { DiscordConfig } from "./config.js";
import { answersOf } from "./interactions/route.js";
import { type DispatchOptions, dispatch } from "./outbound.js";
import { toMessages } from "./text.js";

/** Five messages and edits in five seconds and channel (API reference, "Rate Limits"); some room is left for answers. */
export const draftFeature = { everyMs: 1_500 } as const;

/** See `Connection.draft`. Throws the contract's errors. */
export async function showDraft(
  draft: Draft,
  key: string,
  signal: AbortSignal,
  config: DiscordConfig,
  options: DispatchOptions,
): Promise<{ readonly message: string }> {
  // One message shows as much as it holds.
  const [content = ""] = await toMessages(draft, config);
  const part =
    draft.message === undefined
      ? {
          call: "POST channel messages",
          payload: {
            content,
            ...(draft.replyTo === undefined ? {} : { replyTo: draft.replyTo }),
            ...answersOf(draft.to),
          },
        }
      : {
          call: "PATCH channel message",
          payload: { message: draft.message, content, ...answersOf(draft.to) },
        };
  const { message = draft.message } = await dispatch(
    part,
    { key, to: draft.to, signal, open: noFiles, previous: [] },
    options,
  );
  if (message === undefined)
    throw new Unknown("Discord did not say which message shows the draft.", { where: part.call });
  return { message };
}

/** Drafts are text. */
function noFiles(): Promise<never> {
  return Promise.reject(new Rejected("A draft has no files."));
}
