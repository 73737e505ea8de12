import {
  type Address,
  type Clock,
  type Draft,
  type DraftFeature,
  Rejected,
  Unknown,
} from "@elizaos/connector-core";
import type { TelegramConfig } from "./config.js";
import { type DispatchOptions, dispatch } from "./outbound.js";
import { Previews, previewFeature, showPreview } from "./preview.js";
import { beginningOf } from "./text.js";

/** About one message a second in a chat, and 20 a minute in a group (Bots FAQ: "My bot is hitting limits"); edits count. */
const PRIVATE_EVERY_MS = 1_000;
const GROUP_EVERY_MS = 3_000;

export const draftFeature = previewFeature;

/**
 * Shows answers while they are written: as previews in private chats, where the server has them, and elsewhere as one message that is
 * changed.
 */
export class Drafts {
  readonly #config: TelegramConfig;
  readonly #options: DispatchOptions;
  readonly #previews: Previews;

  constructor(config: TelegramConfig, options: DispatchOptions & { readonly clock: Clock }) {
    this.#config = config;
    this.#options = options;
    this.#previews = new Previews(options.clock);
  }

  /** Groups and channels have negative ids (Bot API: Chat.id). */
  featureAt(to: Address | undefined): DraftFeature {
    if (to === undefined || this.#previews.mayShow(to.chat)) return draftFeature;
    return { everyMs: to.chat.startsWith("-") ? GROUP_EVERY_MS : PRIVATE_EVERY_MS };
  }

  /** See `Connection.draft`. Throws the contract's errors. */
  async show(draft: Draft, signal: AbortSignal): Promise<{ readonly message?: string }> {
    const { answer, message, replyTo, to } = draft;
    // What an earlier run began as a message goes on as one.
    const isPreview = message === undefined && this.#previews.mayShow(to.chat);
    // One message shows as much as it holds.
    const text = await beginningOf(draft, this.#config);
    if (text === undefined) return {};
    if (isPreview) {
      await showPreview({ id: answer, to, text }, signal, {
        client: this.#options.client,
        previews: this.#previews,
      });
      return {};
    }
    const part =
      message === undefined
        ? { call: "sendMessage", payload: { ...(replyTo === undefined ? {} : { replyTo }), ...text } }
        : { call: "editMessageText", payload: { message, ...text } };
    const made = await dispatch(part, { to, signal, open: noFiles }, this.#options);
    const shown = made.message ?? message;
    if (shown === undefined)
      throw new Unknown("Telegram did not say which message shows the draft.", { where: part.call });
    return { message: shown };
  }
}

/** Drafts are text. */
function noFiles(): Promise<never> {
  return Promise.reject(new Rejected("A draft has no files."));
}
