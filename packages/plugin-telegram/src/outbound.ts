import {
  type Address,
  type ConnectionContext,
  type DispatchContext,
  type EditOperation,
  type Operation,
  type Part,
  Rejected,
  type SendResult,
  Unknown,
} from "@elizaos/connector-core";
import type { Api } from "grammy";
import { z } from "zod";
import { type Keyboard, keyboardOf, keyboardSchema, markupOf } from "./buttons.js";
import type { Client, GrammySignal } from "./client.js";
import type { TelegramConfig } from "./config.js";
import { type Failure, readFailure, toConnectorError } from "./errors.js";
import {
  albumCallSchema,
  asDocument,
  fileCallSchema,
  prepareFiles,
  type SendOptions,
  sendFiles,
} from "./media/calls.js";
import { reactionEmoji } from "./reactions.js";
import { MAX_TEXT, toMessage, toMessages } from "./text.js";

/** A forum's General topic is written to without a thread id (Bot API: Message.message_thread_id). */
const GENERAL_TOPIC = "1";

const text = {
  text: z.string(),
  html: z.string().optional(),
  noPreview: z.literal(true).optional(),
  keyboard: keyboardSchema,
};

/** One call as it is stored: where it goes is added when it is made, text is there plain and, where it has marks, as HTML. */
const callSchema = z.discriminatedUnion("call", [
  fileCallSchema,
  albumCallSchema,
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
  z.object({ call: z.literal("deleteMessage"), payload: z.object({ message: z.string() }) }),
  z.object({
    call: z.literal("setMessageReaction"),
    payload: z.object({ message: z.string(), emoji: z.string().nullable() }),
  }),
]);
const sentSchema = z.object({ message_id: z.int() });
type Call = z.infer<typeof callSchema>;
type SendPayload = Extract<Call, { call: "sendMessage" }>["payload"];

/** Splits an operation into calls. Throws `Rejected` for what Telegram cannot do. */
export async function prepare(operation: Operation, config: TelegramConfig): Promise<readonly Part[]> {
  switch (operation.kind) {
    case "send": {
      const { replyTo, draft, attachments = [], buttons } = operation;
      if (attachments.length > 0) return prepareFiles(operation, attachments, config);
      const messages = await toMessages(operation, config);
      return messages.map((message, index) => {
        // One quote is enough where nobody wants more; the other parts follow it.
        const isQuoting = replyTo !== undefined && (index === 0 || config.replyToMode === "all");
        const isLast = index === messages.length - 1;
        const payload = {
          ...(isQuoting ? { replyTo } : {}),
          ...message,
          ...(isLast ? keyboardOf(buttons) : {}),
        };
        return index === 0 && draft !== undefined
          ? { call: "editMessageText", payload: { message: draft, isDraft: true, ...payload } }
          : { call: "sendMessage", payload };
      });
    }
    case "edit":
      return [await prepareEdit(operation, config)];
    case "delete":
      return [{ call: "deleteMessage", payload: { message: operation.to.message } }];
    case "react": {
      const emoji = operation.emoji === null ? null : reactionEmoji(operation.emoji);
      if (emoji === undefined) {
        throw new Rejected(
          "Telegram lets bots react with its own set of emoji only, and this one is not among them.",
          {
            where: "setMessageReaction",
          },
        );
      }
      return [{ call: "setMessageReaction", payload: { message: operation.to.message, emoji } }];
    }
    case "action":
      throw new Rejected(`The Telegram connector has no action "${operation.name}".`);
  }
}

async function prepareEdit(operation: EditOperation, config: TelegramConfig): Promise<Part> {
  const text = await toMessage(operation, config);
  if (text === undefined) {
    throw new Rejected(
      `The new text is longer than the ${MAX_TEXT} UTF-16 units that one Telegram message holds.`,
      {
        where: "editMessageText",
      },
    );
  }
  const payload = { message: operation.to.message, ...text, ...keyboardOf(operation.buttons) };
  return { call: "editMessageText", payload };
}

/** Core gives a call two minutes. */
const UPLOAD_LIMIT_MS = 110_000;

export interface DispatchOptions {
  readonly client: Client;
  readonly context: Pick<ConnectionContext, "alias" | "log">;
}

/** Makes one stored call. Throws the contract's errors. */
export async function dispatch(
  part: Part,
  { to, signal, open }: Pick<DispatchContext, "to" | "signal" | "open">,
  { client, context }: DispatchOptions,
): Promise<SendResult> {
  const parsed = callSchema.safeParse(part);
  if (!parsed.success)
    throw new Rejected(
      `The stored call ${part.call} cannot be read by this version of the Telegram connector.`,
    );
  let call = parsed.data;
  let target = to;
  for (;;) {
    try {
      const result = await client.call((api, limited) => make(call, target, { api, signal: limited, open }), {
        signal,
        ...(isUpload(call) ? { limitMs: UPLOAD_LIMIT_MS } : {}),
      });
      return target === to ? result : { ...result, to: target };
    } catch (error) {
      const failure = readFailure(error);
      if (failure === undefined) throw error;
      const result = alreadyDone(call, failure);
      if (result !== undefined) return result;
      const anew = withoutDraft(call, failure) ?? (isFileCall(call) ? asDocument(call, failure) : undefined);
      if (anew !== undefined) {
        call = anew;
        continue;
      }
      const plain = withoutFormatting(call, failure);
      if (plain !== undefined) {
        context.log.warn({ method: call.call }, "Telegram cannot read the formatting; sending plain text");
        call = plain;
      } else if (failure.kind === "refused" && failure.migratedTo !== undefined && target === to) {
        await context.alias(to.chat, failure.migratedTo);
        target = { ...to, chat: failure.migratedTo };
      } else {
        throw toConnectorError(failure, call.call);
      }
    }
  }
}

interface Line extends Pick<DispatchContext, "open"> {
  readonly api: Api;
  readonly signal: GrammySignal;
}

async function make(call: Call, to: Address, { api, signal, open }: Line): Promise<SendResult> {
  const chat = toChatId(to.chat);
  if (isUpload(call))
    return sendFiles(call, { api, chat, open, signal, options: optionsOf(call.payload, to.thread) });
  switch (call.call) {
    case "sendMessage":
      return await sendMessage(
        call.payload,
        chat,
        {
          ...optionsOf(call.payload, to.thread),
          ...previewOptions(call.payload),
        },
        api,
        signal,
      );
    case "editMessageText": {
      const { message, text, html, keyboard } = call.payload;
      await api.editMessageText(
        chat,
        toId(message),
        html ?? text,
        {
          ...(html === undefined ? {} : { parse_mode: "HTML" as const }),
          ...previewOptions(call.payload),
          ...markupOf(keyboard),
        },
        signal,
      );
      return { message };
    }
    case "deleteMessage":
      await api.deleteMessage(chat, toId(call.payload.message), signal);
      return {};
    case "setMessageReaction": {
      const emoji = call.payload.emoji === null ? undefined : reactionEmoji(call.payload.emoji);
      await api.setMessageReaction(
        chat,
        toId(call.payload.message),
        emoji === undefined ? [] : [{ type: "emoji", emoji }],
        {},
        signal,
      );
      return {};
    }
  }
}

function isFileCall(call: Call): call is z.infer<typeof fileCallSchema> {
  return fileCallSchema.shape.call.safeParse(call.call).success;
}

function isUpload(call: Call): call is z.infer<typeof fileCallSchema | typeof albumCallSchema> {
  return call.call === "sendMediaGroup" || isFileCall(call);
}

interface Shown {
  readonly replyTo?: string | undefined;
  readonly html?: string | undefined;
  readonly keyboard?: Keyboard;
}

function optionsOf({ replyTo, html, keyboard }: Shown, thread: string | undefined): SendOptions {
  return {
    ...markupOf(keyboard),
    ...(html === undefined ? {} : { parse_mode: "HTML" }),
    ...threadOption(thread),
    // Quoting a message that was deleted meanwhile must not keep the answer back.
    ...(replyTo === undefined
      ? {}
      : { reply_parameters: { message_id: toId(replyTo), allow_sending_without_reply: true } }),
  };
}

async function sendMessage(
  { text, html }: SendPayload,
  chat: number | string,
  options: SendOptions,
  api: Api,
  signal: GrammySignal,
): Promise<SendResult> {
  const sent: unknown = await api.sendMessage(chat, html ?? text, options, signal);
  const message = sentSchema.safeParse(sent);
  if (!message.success)
    throw new Unknown("Telegram took the message, but its answer does not name it.", {
      where: "sendMessage",
    });
  return { message: String(message.data.message_id) };
}

function previewOptions({ noPreview }: Pick<SendPayload, "noPreview">) {
  return noPreview === undefined ? {} : { link_preview_options: { is_disabled: true } };
}

/** Refusals which say that things are as they should be. */
function alreadyDone(call: Call, failure: Failure): SendResult | undefined {
  if (failure.kind !== "refused" || failure.status !== 400) return undefined;
  if (call.call === "editMessageText" && /message is not modified/i.test(failure.description))
    return { message: call.payload.message };
  if (call.call === "deleteMessage" && /message to delete not found/i.test(failure.description)) return {};
  return undefined;
}

/** The text as a message of its own, when the one that was to show it is gone; then nothing was done. */
function withoutDraft(call: Call, failure: Failure): Call | undefined {
  if (call.call !== "editMessageText" || call.payload.isDraft !== true || failure.kind !== "refused")
    return undefined;
  if (!/message to edit not found|message can't be edited|MESSAGE_ID_INVALID/i.test(failure.description))
    return undefined;
  const { message: _, isDraft: __, ...payload } = call.payload;
  return { call: "sendMessage", payload };
}

/** The same call as plain text, when Telegram could not parse its HTML; then nothing was done. */
function withoutFormatting(call: Call, failure: Failure): Call | undefined {
  if (failure.kind !== "refused" || !/can't parse entities/i.test(failure.description)) return undefined;
  if (!("html" in call.payload) || call.payload.html === undefined) return undefined;
  const { html: _, ...payload } = call.payload;
  return callSchema.parse({ call: call.call, payload });
}

export function threadOption(thread: string | undefined): { message_thread_id?: number } {
  return thread === undefined || thread === GENERAL_TOPIC ? {} : { message_thread_id: toId(thread) };
}

/** Ids are numbers on the wire; `@name` of a public chat is a string. */
export function toChatId(chat: string): number | string {
  return /^-?\d+$/.test(chat) ? Number(chat) : chat;
}

function toId(id: string): number {
  if (/^\d+$/.test(id)) return Number(id);
  throw new Rejected(`"${id}" is no Telegram id.`);
}
