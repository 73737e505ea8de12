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
import type { DiscordConfig } from "./config.js";
import type { DirectOpener } from "./direct-opener.js";
import { fileSchema, MAX_FILES, prepareFiles, readFiles } from "./media/upload.js";
import { emojiParam } from "./reactions.js";
import type { Rest } from "./rest.js";
import { MAX_TEXT, toMessage, toMessages } from "./text.js";

/** One call as it is stored: where it goes is added when it is made. */
const callSchema = z.discriminatedUnion("call", [
  z.object({
    call: z.literal("POST channel messages"),
    payload: z.object({
      content: z.string(),
      replyTo: z.string().optional(),
      files: z.array(fileSchema).max(MAX_FILES).optional(),
      ...extraFields,
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
    }),
  }),
  z.object({ call: z.literal("DELETE channel message"), payload: z.object({ message: z.string() }) }),
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
      const { replyTo, draft, attachments = [] } = operation;
      if (attachments.length > 0) return prepareFiles(operation, attachments, config);
      const messages = await toMessages(operation, config);
      return messages.map((content, index) => {
        // One quote is enough where nobody wants more; the other parts follow it.
        const isQuoting = replyTo !== undefined && (index === 0 || config.replyToMode === "all");
        const payload = { content, ...(isQuoting ? { replyTo } : {}) };
        return index === 0 && draft !== undefined
          ? { call: "PATCH channel message", payload: { ...payload, message: draft, isDraft: true } }
          : { call: "POST channel messages", payload };
      });
    }
    case "edit":
      return [await prepareEdit(operation, config)];
    case "delete":
      return [{ call: "DELETE channel message", payload: { message: operation.to.message } }];
    case "react": {
      const { message } = operation.to;
      if (operation.emoji === null) return [{ call: "DELETE own reactions", payload: { message } }];
      return [{ call: "PUT reaction", payload: { message, emoji: emojiParam(operation.emoji) } }];
    }
    case "action":
      return [prepareAction(operation)];
  }
}

async function prepareEdit(operation: EditOperation, config: DiscordConfig): Promise<Part> {
  const content = await toMessage(operation, config);
  if (content === undefined)
    throw new Rejected(
      `The new text is longer than the ${MAX_TEXT} characters that one Discord message holds.`,
      {
        where: "PATCH channel message",
      },
    );
  return { call: "PATCH channel message", payload: { message: operation.to.message, content } };
}

export interface DispatchOptions {
  readonly rest: Rest;
  readonly direct: DirectOpener;
}

type Dispatching = Pick<DispatchContext, "key" | "to" | "signal" | "open">;

/** Makes one stored call. Throws the contract's errors. */
export async function dispatch(
  part: Part,
  context: Dispatching,
  options: DispatchOptions,
): Promise<SendResult> {
  const parsed = callSchema.safeParse(part);
  if (!parsed.success)
    throw new Rejected(
      `The stored call ${part.call} cannot be read by this version of the Discord connector.`,
    );
  const to = await options.direct.resolve(context.to, context.signal);
  const result = await make(parsed.data, to, context, options);
  return to === context.to ? result : { ...result, to };
}

/** The id of the channel that is written in: a thread is a channel of its own. */
export function channelOf({ chat, thread }: Address): string {
  return thread ?? chat;
}

async function make(
  call: Call,
  to: Address,
  context: Dispatching,
  { rest }: DispatchOptions,
): Promise<SendResult> {
  const channel = channelOf(to);
  const { signal } = context;
  switch (call.call) {
    case "POST channel messages":
      return post(call, channel, context, rest);
    case "PATCH channel message": {
      const { message, content, isDraft, replyTo } = call.payload;
      try {
        await rest.call({
          call: call.call,
          method: "PATCH",
          route: Routes.channelMessage(channel, message),
          body: { content, allowed_mentions: NO_PINGS },
          signal,
          isRepeatable: true,
        });
        return { message };
      } catch (error) {
        if (isDraft !== true || !isGone(error)) throw error;
        const payload = { content, ...(replyTo === undefined ? {} : { replyTo }) };
        return post({ call: "POST channel messages", payload }, channel, context, rest);
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
  { key, signal, open }: Dispatching,
  rest: Rest,
): Promise<SendResult> {
  const { content, replyTo, files = [], ...extras } = payload;
  const sent = await rest.call({
    call,
    method: "POST",
    route: Routes.channelMessages(channel),
    body: {
      ...(content === "" ? {} : { content }),
      ...extraBody(extras),
      // The same key within some minutes gives back the message that it made (API: Create Message, enforce_nonce).
      nonce: key,
      enforce_nonce: true,
      allowed_mentions: NO_PINGS,
      ...(replyTo === undefined
        ? {}
        : { message_reference: { message_id: replyTo, fail_if_not_exists: false } }),
    },
    ...(files.length === 0 ? {} : { files: await readFiles(files, open) }),
    signal,
  });
  const message = sentSchema.safeParse(sent);
  if (!message.success)
    throw new Unknown("Discord took the message, but its answer does not name it.", { where: call });
  return { message: message.data.id };
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
