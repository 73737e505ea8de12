import { type Address, type Clock, type DraftFeature, RecentMap } from "@elizaos/connector-core";
import type { Client } from "./client.js";
import { type Failure, isUnreadable, readFailure, toConnectorError } from "./errors.js";
import { threadOption } from "./ids.js";
import type { MessageText } from "./text.js";

const METHOD = "sendMessageDraft";

/**
 * A preview goes away after 30 s (Bot API: sendMessageDraft). Its limit is not documented: bots report a 429 where many come in a row less than
 * 110 ms apart.
 */
export const previewFeature: DraftFeature = { everyMs: 500, refreshMs: 20_000 };

/** A refusal is believed this long: some of them pass, and a server of one's own is updated. */
const REFUSAL_MS = 60 * 60_000;
/** Chats whose refusal is remembered; the one that refused longest ago goes first, and is then asked once more. */
const MAX_CHATS = 1_000;

/** Where previews can be shown: in private chats, as far as the server does not say otherwise. */
export class Previews {
  readonly #clock: Clock;
  /** Unix time in ms until which a chat has none. */
  readonly #refusals = new RecentMap<string, number>(MAX_CHATS);
  #unknownUntil = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  mayShow(chat: string): boolean {
    const now = this.#clock.now();
    return isPrivate(chat) && now >= this.#unknownUntil && now >= (this.#refusals.get(chat) ?? 0);
  }

  /** Takes note of what is no passing trouble. */
  failed(chat: string, failure: Failure): void {
    if (failure.kind !== "refused") return;
    const until = this.#clock.now() + REFUSAL_MS;
    // A Bot API server before 9.3 does not know the method.
    if (failure.status === 404) this.#unknownUntil = until;
    // TEXTDRAFT_PEER_INVALID, for one: until Bot API 9.5 only bots with topics had previews.
    else if (failure.status === 400) this.#refusals.set(chat, until);
  }
}

/** People have positive ids, groups and channels negative ones (Bot API: Chat.id). */
function isPrivate(chat: string): boolean {
  return /^\d+$/.test(chat);
}

interface Preview {
  readonly id: number;
  readonly to: Address;
  readonly text: MessageText;
}

interface PreviewOptions {
  readonly client: Client;
  readonly previews: Previews;
}

/** Shows a preview, or changes the one with this id. Throws the contract's errors. */
export async function showPreview(
  { id, to, text: { text, html } }: Preview,
  signal: AbortSignal,
  { client, previews }: PreviewOptions,
): Promise<void> {
  const chat = Number(to.chat);
  const show = (shown: string, format: { parse_mode?: "HTML" }) =>
    client.call(
      (api, limited) =>
        api.sendMessageDraft(chat, id, shown, { ...format, ...threadOption(to.thread) }, limited),
      { signal },
    );
  try {
    await (html === undefined ? show(text, {}) : show(html, { parse_mode: "HTML" }).catch(plainly));
  } catch (error) {
    const failure = readFailure(error);
    if (failure === undefined) throw error;
    previews.failed(to.chat, failure);
    throw toConnectorError(failure, METHOD);
  }

  function plainly(error: unknown): Promise<true> {
    const failure = readFailure(error);
    if (failure === undefined || !isUnreadable(failure)) throw error;
    return show(text, {});
  }
}
