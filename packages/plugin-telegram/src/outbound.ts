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
import { isThingCall, sendThing } from "./actions/sends.js";
import { type Keyboard, keyboardOf, markupOf } from "./buttons.js";
import { type Call, callSchema, isFileCall, isUpload } from "./calls.js";
import type { Client, GrammySignal } from "./client.js";
import type { TelegramConfig } from "./config.js";
import { readFailure, toConnectorError } from "./errors.js";
import { alreadyDone, asCaption, withoutDraft, withoutFormatting } from "./fallbacks.js";
import { threadOption, toChatId, toId } from "./ids.js";
import { asDocument, prepareFiles, type SendOptions, sendFiles } from "./media/calls.js";
import { keepPoll } from "./polls.js";
import { reactionEmoji } from "./reactions.js";
import { MAX_TEXT, toMessage, toMessages } from "./text.js";

const sentSchema = z.object({ message_id: z.int() });
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
    case "action": {
      // Our own actions name the call and give its payload.
      const part = { call: operation.name, payload: operation.input };
      if (!callSchema.safeParse(part).success)
        throw new Rejected(`The Telegram connector cannot do "${operation.name}".`);
      return [part];
    }
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
  readonly context: Pick<ConnectionContext, "alias" | "log" | "state" | "clock">;
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
      const result = await client.call(
        (api, limited) => make(call, target, { api, signal: limited, open, context }),
        {
          signal,
          ...(isUpload(call) ? { limitMs: UPLOAD_LIMIT_MS } : {}),
        },
      );
      return target === to ? result : { ...result, to: target };
    } catch (error) {
      const failure = readFailure(error);
      if (failure === undefined) throw error;
      const result = alreadyDone(call, failure);
      if (result !== undefined) return result;
      const anew =
        withoutDraft(call, failure) ??
        asCaption(call, failure) ??
        (isFileCall(call) ? asDocument(call, failure) : undefined);
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

interface Line extends Pick<DispatchContext, "open">, Pick<DispatchOptions, "context"> {
  readonly api: Api;
  readonly signal: GrammySignal;
}

async function make(call: Call, to: Address, { api, signal, open, context }: Line): Promise<SendResult> {
  const chat = toChatId(to.chat);
  if (isThingCall(call)) {
    const options = optionsOf(call.payload, to.thread);
    const { result, message } = await sendThing(call, { api, chat, options, signal });
    if (call.call === "sendPoll") await keepPoll(message, context);
    return result;
  }
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
    case "editMessageCaption": {
      const { message, text, html, keyboard } = call.payload;
      const marked = html === undefined ? { caption: text } : { caption: html, parse_mode: "HTML" as const };
      await api.editMessageCaption(chat, toId(message), { ...marked, ...markupOf(keyboard) }, signal);
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
