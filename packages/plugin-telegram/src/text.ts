import {
  type ChunkOptions,
  chunkRichText,
  type OutboundText,
  parseMarkdown,
  Rejected,
  type RichText,
} from "@elizaos/connector-core";
import type { TelegramConfig } from "./config.js";
import { renderHtml } from "./format.js";

/** Longest text of one message, in UTF-16 units after entity parsing (Bot API: sendMessage, text). */
export const MAX_TEXT = 4096;

/** Longest text with its markup, in bytes of UTF-8 (telegram-bot-api, get_formatted_text). Long links can reach it. */
const MAX_HTML_BYTES = 32_768;

/** Longest target of a link, in UTF-16 units, so that any link and a whole message of text fit together. */
const MAX_TARGET = 2048;

/** What Telegram removes or shows as nothing; it refuses a message of nothing else (TDLib, clean_input_string). */
const UNSEEN = /^(?:[\s\p{Cc}\p{Cf}\u2800\ufffc]|\u030a|\u0333|\u033f)*$/u;

/** One message's text, plain and, where it has marks, as HTML. */
export interface MessageText {
  readonly text: string;
  readonly html?: string;
  /** No preview of its first link. */
  readonly noPreview?: true;
}

/** There is something to see in it. */
export function hasText({ text }: OutboundText): boolean {
  return !UNSEEN.test(text);
}

type TextConfig = Pick<TelegramConfig, "markdown" | "chunkMode" | "textChunkLimit" | "linkPreview">;

/** A text as messages that Telegram takes. Throws `Rejected` when there is nothing to see in it. */
export async function toMessages(written: OutboundText, config: TextConfig): Promise<readonly MessageText[]> {
  const chunks = await toChunks(written, config);
  return chunks
    .flatMap((chunk) => splitByMarkup(chunk, config.chunkMode))
    .map((message) => previewed(message, config));
}

/** The beginning of a text as one message, or undefined while there is nothing to see in it. */
export async function beginningOf(
  written: OutboundText,
  config: TextConfig,
): Promise<MessageText | undefined> {
  const [chunk] = await visibleChunks(written, config);
  if (chunk === undefined) return undefined;
  const [message] = splitByMarkup(chunk, config.chunkMode);
  return message && previewed(message, config);
}

/** A text as the one message that replaces another, or undefined when it is too long for one. */
export async function toMessage(written: OutboundText, config: TextConfig): Promise<MessageText | undefined> {
  const [chunk, ...rest] = await toChunks(written, { ...config, textChunkLimit: undefined });
  if (chunk === undefined || rest.length > 0) return undefined;
  return previewed(withMarkup(chunk) ?? { text: chunk.text }, config);
}

function previewed(message: MessageText, { linkPreview }: TextConfig): MessageText {
  return linkPreview ? message : { ...message, noPreview: true };
}

async function toChunks(written: OutboundText, config: TextConfig): Promise<readonly RichText[]> {
  const chunks = await visibleChunks(written, config);
  if (chunks.length === 0) throw new Rejected("There is no text to send.");
  return chunks;
}

async function visibleChunks(
  written: OutboundText,
  { markdown, chunkMode, textChunkLimit = MAX_TEXT }: TextConfig,
): Promise<readonly RichText[]> {
  // Half of a surrogate pair cannot be sent as UTF-8; Telegram would refuse the whole message.
  const text = written.text.replace(/\p{Surrogate}/gu, "\uFFFD");
  const rich = written.format === "plain" ? { text, ranges: [] } : await parseMarkdown(text, markdown);
  const ranges = rich.ranges.filter(({ url = "" }) => url.length <= MAX_TARGET);
  const limit = { max: Math.min(textChunkLimit, MAX_TEXT), unit: "utf16" } as const;
  return chunkRichText({ text: rich.text, ranges }, { limit, mode: chunkMode }).filter(
    (chunk) => !UNSEEN.test(chunk.text),
  );
}

/** Several messages where the targets of many links are too long for one. */
function splitByMarkup(chunk: RichText, mode: ChunkOptions["mode"]): readonly MessageText[] {
  const whole = withMarkup(chunk);
  if (whole !== undefined) return [whole];
  const max = Math.ceil(chunk.text.length / 2);
  const halves = chunkRichText(chunk, { limit: { max, unit: "utf16" }, mode });
  if (halves.length < 2) return [{ text: chunk.text }];
  return halves.flatMap((half) => splitByMarkup(half, mode));
}

/** Undefined when the markup is too long. */
function withMarkup(chunk: RichText): MessageText | undefined {
  if (chunk.ranges.length === 0) return { text: chunk.text };
  const html = renderHtml(chunk);
  return Buffer.byteLength(html) <= MAX_HTML_BYTES ? { text: chunk.text, html } : undefined;
}
