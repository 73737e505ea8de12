import {
  type Address,
  ConnectorError,
  type Draft,
  type DraftFeature,
  isRateLimited,
  Rejected,
  Transient,
  Unknown,
} from "@elizaos/connector-core";
import type { TelegramConfig } from "./config.js";
import { connectorError } from "./errors.js";
import { threadOption } from "./ids.js";
import { type DispatchOptions, dispatch } from "./outbound.js";
import { toMessages } from "./text.js";

/** About one message a second in a chat, and 20 a minute in a group (Bots FAQ: "My bot is hitting limits"); edits count. */
const PRIVATE_EVERY_MS = 1_000;
const GROUP_EVERY_MS = 3_000;
/** Telegram shows a draft for 30 s (Bot API: sendMessageDraft). */
const REFRESH_MS = 25_000;
/** Chats in which Telegram shows no drafts. */
const MAX_REMEMBERED = 1_000;

export const draftFeature: DraftFeature = { everyMs: PRIVATE_EVERY_MS, refreshMs: REFRESH_MS };

/**
 * Shows answers while they are written: as drafts in private chats, where the server has them, and elsewhere as one message that is
 * changed.
 */
export class Drafts {
  readonly #config: TelegramConfig;
  readonly #options: DispatchOptions;
  /** The server does not know the method: it is older than Bot API 9.3. */
  #isUnknown = false;
  readonly #refusing = new Set<string>();

  constructor(config: TelegramConfig, options: DispatchOptions) {
    this.#config = config;
    this.#options = options;
  }

  featureAt(to: Address | undefined): DraftFeature {
    if (to === undefined || this.#hasPreview(to)) return draftFeature;
    return { everyMs: isPrivate(to) ? PRIVATE_EVERY_MS : GROUP_EVERY_MS };
  }

  /** See `Connection.draft`. Throws the contract's errors. */
  async show(draft: Draft, signal: AbortSignal): Promise<{ readonly message?: string }> {
    // What an earlier run began as a message goes on as one.
    if (draft.message !== undefined || !this.#hasPreview(draft.to)) return this.#asMessage(draft, signal);
    await this.#preview(draft, signal);
    return {};
  }

  async #preview({ to, answer, ...written }: Draft, signal: AbortSignal): Promise<void> {
    const [text] = await toMessages(written, this.#config);
    if (text === undefined) return;
    const { html, text: plain } = text;
    try {
      await this.#options.client.call(
        (api, limited) =>
          api.sendMessageDraft(
            Number(to.chat),
            answer,
            html ?? plain,
            { ...(html === undefined ? {} : { parse_mode: "HTML" as const }), ...threadOption(to.thread) },
            limited,
          ),
        { signal },
      );
    } catch (error) {
      throw this.#refused(connectorError(error, "sendMessageDraft"), to);
    }
  }

  /** Where there are no drafts, a message is shown instead from now on. */
  #refused(error: unknown, { chat }: Address): unknown {
    if (!ConnectorError.isInstance(error) || error.retryable || isRateLimited(error) || error.code === "auth")
      return error;
    if (/\b404\b/.test(error.message)) this.#isUnknown = true;
    if (this.#refusing.size >= MAX_REMEMBERED) this.#refusing.clear();
    this.#refusing.add(chat);
    return new Transient(`Telegram shows no drafts here: ${error.message}`, { where: "sendMessageDraft" });
  }

  async #asMessage(draft: Draft, signal: AbortSignal): Promise<{ readonly message: string }> {
    // One message shows as much as it holds.
    const [text] = await toMessages(draft, this.#config);
    const part =
      draft.message === undefined
        ? {
            call: "sendMessage",
            payload: { ...(draft.replyTo === undefined ? {} : { replyTo: draft.replyTo }), ...text },
          }
        : { call: "editMessageText", payload: { message: draft.message, ...text } };
    const place = { to: draft.to, signal, open: noFiles };
    const { message = draft.message } = await dispatch(part, place, this.#options);
    if (message === undefined)
      throw new Unknown("Telegram did not say which message shows the draft.", { where: part.call });
    return { message };
  }

  #hasPreview(to: Address): boolean {
    return isPrivate(to) && !this.#isUnknown && !this.#refusing.has(to.chat);
  }
}

/** Groups and channels have negative ids, and public ones names (Bot API: Chat.id). */
function isPrivate({ chat }: Address): boolean {
  return /^\d+$/.test(chat);
}

/** Drafts are text. */
function noFiles(): Promise<never> {
  return Promise.reject(new Rejected("A draft has no files."));
}
