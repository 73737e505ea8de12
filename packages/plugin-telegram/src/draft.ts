import { type Address, type Draft, Rejected, Unknown } from "@elizaos/connector-core";
import type { TelegramConfig } from "./config.js";
import { type DispatchOptions, dispatch } from "./outbound.js";
import { toMessages } from "./text.js";

/** About one message a second in a chat, and 20 a minute in a group (Bots FAQ: "My bot is hitting limits"); edits count. */
const PRIVATE_EVERY_MS = 1_000;
const GROUP_EVERY_MS = 3_000;

export const draftFeature = { everyMs: PRIVATE_EVERY_MS } as const;

/** Groups and channels have negative ids (Bot API: Chat.id). */
export function draftFeatureAt(to: Address | undefined): { readonly everyMs: number } {
  return to?.chat.startsWith("-") === true ? { everyMs: GROUP_EVERY_MS } : draftFeature;
}

/** See `Connection.draft`. Throws the contract's errors. */
export async function showDraft(
  draft: Draft,
  signal: AbortSignal,
  config: TelegramConfig,
  options: DispatchOptions,
): Promise<{ readonly message: string }> {
  // One message shows as much as it holds.
  const [text] = await toMessages(draft, config);
  const part =
    draft.message === undefined
      ? {
          call: "sendMessage",
          payload: { ...(draft.replyTo === undefined ? {} : { replyTo: draft.replyTo }), ...text },
        }
      : { call: "editMessageText", payload: { message: draft.message, ...text } };
  const { message = draft.message } = await dispatch(part, { to: draft.to, signal, open: noFiles }, options);
  if (message === undefined)
    throw new Unknown("Telegram did not say which message shows the draft.", { where: part.call });
  return { message };
}

/** Drafts are text. */
function noFiles(): Promise<never> {
  return Promise.reject(new Rejected("A draft has no files."));
}
