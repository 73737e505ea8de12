import {
  type Address,
  type DispatchContext,
  type EditOperation,
  type Operation,
  type Part,
  Rejected,
  type SendResult,
  Unknown,
} from "@elizaos/connector-core";
import { Routes } from "discord-api-types/v10";
import { z } from "zod";
import { extraBody, extraFields, prepareAction } from "./actions/sends.js";
import { componentsOf, rowsOf, rowsSchema, withLongLinks } from "./buttons.js";
import type { DiscordConfig } from "./config.js";
import { type DirectOpener, directAddress } from "./direct-opener.js";
import type { AnswerBody, Answers } from "./interactions/answers.js";
import { dispatchEnding, prepareEnding } from "./interactions/ending.js";
import { answeredSchema, answersOf } from "./interactions/route.js";
import { fileSchema, MAX_FILES, prepareFiles, readFiles } from "./media/upload.js";
import { emojiParam } from "./reactions.js";
import type { Rest } from "./rest.js";
import { MAX_TEXT, toMessage, toMessages } from "./text.js";

/** Of calls for messages. */
const messageFields = { answers: answeredSchema.optional(), rows: rowsSchema };

/** One call as it is stored: where it goes is added when it is made. */
const callSchema = z.discriminatedUnion("call", [
  z.object({
    call: z.literal("POST channel messages"),
    payload: z.object({
      content: z.string(),
      replyTo: z.string().optional(),
      files: z.array(fileSchema).max(MAX_FILES).optional(),
      ...extraFields,
      ...messageFields,
    }),
  }),
  z.object({
    call: z.literal("PATCH channel message"),
    payload: z.object({
      message: z.string(),
      content: z.string(),
      /** The message only shows an earlier state of an answer; where it is gone, the text is sent anew. */
      isDraft: z.boolean().optional(),
      replyTo: z.string().optional(),
      ...messageFields,
    }),
  }),
  z.object({
    call: z.literal("DELETE channel message"),
    payload: z.object({ message: z.string(), answers: messageFields.answers }),
  }),
  z.object({
    call: z.literal("PUT reaction"),
    payload: z.object({ message: z.string(), emoji: z.string() }),
  }),
  z.object({ call: z.literal("DELETE own reactions"), payload: z.object({ message: z.string() }) }),
]);
type Call = z.infer<typeof callSchema>;

const sentSchema = z.object({ id: z.string() });
const reactionsSchema = z.object({
  reactions: z
    .array(
      z.object({
        me: z.boolean(),
        emoji: z.object({ id: z.string().nullish(), name: z.string().nullish() }),
      }),
    )
    .default([]),
});

/** Nobody is pinged: an answer is no reason to wake a whole server (API reference, "Allowed Mentions Object"). */
export const NO_PINGS = { parse: [], replied_user: false };

/** Splits an operation into calls. Throws `Rejected` for what Discord cannot do. */
export async function prepare(operation: Operation, config: DiscordConfig): Promise<readonly Part[]> {
  switch (operation.kind) {
    case "send": {
      const { attachments = [], replyTo, draft } = operation;
      const { text, format, buttons } = withLongLinks(operation);
      if (attachments.length > 0)
        return prepareFiles({ ...operation, text, format, ...(buttons && { buttons }) }, attachments, config);
      const messages = await toMessages({ text, format }, config);
      return messages.map((content, index) => {
        // One quote is enough where nobody wants more; the other parts follow it.
        const isQuoting = replyTo !== undefined && (index === 0 || config.replyToMode === "all");
        const payload = {
          content,
          ...(isQuoting ? { replyTo } : {}),
          ...(index === messages.length - 1 ? rowsOf(buttons) : {}),
          ...answersOf(operation.to),
        };
        return index === 0 && draft !== undefined
          ? { call: "PATCH channel message", payload: { ...payload, message: draft, isDraft: true } }
          : { call: "POST channel messages", payload };
      });
    }
    case "edit":
      return [await prepareEdit(operation, config)];
    case "delete":
      return [
        {
          call: "DELETE channel message",
          payload: { message: operation.to.message, ...answersOf(operation.to) },
        },
      ];
    case "react": {
      const { message } = operation.to;
      if (operation.emoji === null) return [{ call: "DELETE own reactions", payload: { message } }];
      return [{ call: "PUT reaction", payload: { message, emoji: emojiParam(operation.emoji) } }];
    }
    case "action":
      return prepareEnding(operation) ?? [prepareAction(operation)];
  }
}

async function prepareEdit(operation: EditOperation, config: DiscordConfig): Promise<Part> {
  const { text, format, buttons } = withLongLinks(operation);
  const content = await toMessage({ text, format }, config);
  if (content === undefined)
    throw new Rejected(
      `The new text is longer than the ${MAX_TEXT} characters that one Discord message holds.`,
      {
        where: "PATCH channel message",
      },
    );
  return {
    call: "PATCH channel message",
    payload: { message: operation.to.message, content, ...rowsOf(buttons), ...answersOf(operation.to) },
  };
}

export interface DispatchOptions {
  readonly rest: Rest;
  readonly direct: DirectOpener;
  readonly answers: Answers;
}

type Dispatching = Pick<DispatchContext, "key" | "to" | "signal" | "open" | "previous">;

/** Makes one stored call. Throws the contract's errors. */
export async function dispatch(
  part: Part,
  context: Dispatching,
  options: DispatchOptions,
): Promise<SendResult> {
  const ended = await dispatchEnding(part, context, options.answers);
  if (ended !== undefined) return ended;
  const parsed = callSchema.safeParse(part);
  if (!parsed.success)
    throw new Rejected(
      `The stored call ${part.call} cannot be read by this version of the Discord connector.`,
    );
  return perform(parsed.data, context, options);
}

async function perform(call: Call, context: Dispatching, options: DispatchOptions): Promise<SendResult> {
  const answer = await makeAsAnswer(call, context, options);
  if (answer !== undefined) return answer;
  const to = await options.direct.resolve(destinationOf(call, context.to), context.signal);
  const result = await make(call, to, context, options);
  return to === context.to ? result : { ...result, to };
}

/** Undefined where the call answers no interaction, or Discord takes no answers to it any more. */
async function makeAsAnswer(
  { call, payload }: Call,
  context: Dispatching,
  { answers }: DispatchOptions,
): Promise<SendResult | undefined> {
  switch (call) {
    case "POST channel messages":
      return payload.answers && answers.post(payload.answers, context, () => messageOf(payload, context));
    case "PATCH channel message":
      return payload.answers && answers.edit(payload.answers, payload.message, context, bodyOf(payload));
    case "DELETE channel message":
      return payload.answers && answers.delete(payload.answers, payload.message, context);
    default:
      return undefined;
  }
}

/** What one person alone may see goes to them in private when it can go no other way. */
function destinationOf({ payload }: Call, to: Address): Address {
  const answers = "answers" in payload ? payload.answers : undefined;
  return answers?.isEphemeral === true ? directAddress(answers.user) : to;
}

/** The id of the channel that is written in: a thread is a channel of its own. */
export function channelOf({ chat, thread }: Address): string {
  return thread ?? chat;
}

async function make(
  call: Call,
  to: Address,
  context: Dispatching,
  options: DispatchOptions,
): Promise<SendResult> {
  const { rest } = options;
  const channel = channelOf(to);
  const { signal } = context;
  switch (call.call) {
    case "POST channel messages":
      return post(call, channel, context, rest);
    case "PATCH channel message": {
      const { message, isDraft, ...payload } = call.payload;
      try {
        await rest.call({
          call: call.call,
          method: "PATCH",
          route: Routes.channelMessage(channel, message),
          body: bodyOf(payload),
          signal,
          isRepeatable: true,
        });
        return { message };
      } catch (error) {
        if (isDraft !== true || !isGone(error)) throw error;
        return perform({ call: "POST channel messages", payload }, { ...context, to }, options);
      }
    }
    case "DELETE channel message":
      await unlessGone(
        rest.call({
          call: call.call,
          method: "DELETE",
          route: Routes.channelMessage(channel, call.payload.message),
          signal,
        }),
      );
      return {};
    case "PUT reaction": {
      const { message, emoji } = call.payload;
      const route = Routes.channelMessageOwnReaction(channel, message, emoji);
      await rest.call({ call: call.call, method: "PUT", route, signal });
      return {};
    }
    case "DELETE own reactions":
      return takeReactionsBack(channel, call.payload.message, signal, rest);
  }
}

async function post(
  { call, payload }: Extract<Call, { call: "POST channel messages" }>,
  channel: string,
  context: Dispatching,
  rest: Rest,
): Promise<SendResult> {
  const { replyTo } = payload;
  const { body, files } = await messageOf(payload, context);
  const sent = await rest.call({
    call,
    method: "POST",
    route: Routes.channelMessages(channel),
    body: {
      ...body,
      // The same key within some minutes gives back the message that it made (API: Create Message, enforce_nonce).
      nonce: context.key,
      enforce_nonce: true,
      ...(replyTo === undefined
        ? {}
        : { message_reference: { message_id: replyTo, fail_if_not_exists: false } }),
    },
    ...(files === undefined ? {} : { files }),
    signal: context.signal,
  });
  const message = sentSchema.safeParse(sent);
  if (!message.success)
    throw new Unknown("Discord took the message, but its answer does not name it.", { where: call });
  return { message: message.data.id };
}

type MessagePayload = Extract<Call, { call: "POST channel messages" }>["payload"];

function bodyOf({ content, rows, ...extras }: Omit<MessagePayload, "answers" | "replyTo" | "files">) {
  return {
    ...(content === "" ? {} : { content }),
    ...extraBody(extras),
    ...componentsOf(rows),
    allowed_mentions: NO_PINGS,
  };
}

async function messageOf(
  { files = [], ...shown }: MessagePayload,
  { open }: Pick<Dispatching, "open">,
): Promise<AnswerBody> {
  return { body: bodyOf(shown), ...(files.length === 0 ? {} : { files: await readFiles(files, open) }) };
}

async function takeReactionsBack(
  channel: string,
  message: string,
  signal: AbortSignal,
  rest: Rest,
): Promise<SendResult> {
  const raw = await rest.call({
    call: "GET channel message",
    method: "GET",
    route: Routes.channelMessage(channel, message),
    signal,
  });
  const { reactions } = reactionsSchema.parse(raw);
  for (const { me, emoji } of reactions) {
    if (!me || !emoji.name) continue;
    const name = emojiParam(emoji.id ? `${emoji.name}:${emoji.id}` : emoji.name);
    const route = Routes.channelMessageOwnReaction(channel, message, name);
    await rest.call({ call: "DELETE reaction", method: "DELETE", route, signal });
  }
  return {};
}

async function unlessGone(done: Promise<unknown>): Promise<void> {
  try {
    await done;
  } catch (error) {
    // It is as it should be.
    if (!isUnknownMessage(error)) throw error;
  }
}

function isGone(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "gone" || error.code === "rejected");
}

function isUnknownMessage(error: unknown): boolean {
  return error instanceof Error && /code 10008\b/.test(error.message);
}
