import {
  type Address,
  type ConnectionContext,
  ConnectorError,
  type Draft,
  type InboundEvent,
  isRecord,
  type Operation,
  type Part,
  type SendResult,
} from "@elizaos/connector-core";
import { Routes } from "discord-api-types/v10";
import { z } from "zod";
import type { DiscordConfig } from "./config.js";
import { opensThreads } from "./guilds.js";
import type { Rest } from "./rest.js";

/** Of a thread's name (API reference, "Start Thread from Message"). */
const MAX_NAME = 100;
const MAX_REMEMBERED = 1_000;
const ROUTE_VERSION = 1;

/** The thread that an answer begins, or goes on in: the message that is answered, and the name. */
const startSchema = z.object({ message: z.string(), name: z.string() });
type Start = z.infer<typeof startSchema>;
const routeSchema = z.object({ version: z.literal(ROUTE_VERSION), data: startSchema });
const payloadSchema = z.looseObject({ autoThread: startSchema });

export interface AutoThreadsOptions {
  readonly config: Pick<DiscordConfig, "guilds">;
  readonly rest: Rest;
  readonly context: Pick<ConnectionContext, "note">;
}

/**
 * Answers in threads, where a channel's `autoThread` asks for it. The message that is answered goes along as the event's route, and from
 * there into the stored call, so that a restart answers in the same thread. A thread that begins at a message has that message's id.
 */
export class AutoThreads {
  readonly #options: AutoThreadsOptions;
  /** By the message that they begin at: whether there is one, or Discord refused it. */
  readonly #known = new Map<string, boolean>();

  constructor(options: AutoThreadsOptions) {
    this.#options = options;
  }

  /** Adds to a message where its answer goes. */
  marked(event: InboundEvent): InboundEvent {
    const { message, thread, space } = event.address;
    if (event.kind !== "message" || message === undefined || thread !== undefined || space === undefined)
      return event;
    if (!opensThreads(this.#options.config.guilds, event.address)) return event;
    const data: Start = { message, name: nameOf(event.content.text) ?? event.sender.name ?? "Answer" };
    return { ...event, address: { ...event.address, route: { version: ROUTE_VERSION, data } } };
  }

  /** Adds to the calls of an answer where it goes. What is sent unasked has no such route of its own. */
  prepared({ kind, to }: Operation, parts: readonly Part[]): readonly Part[] {
    const start = startOf(to);
    if (start === undefined || (kind !== "send" && kind !== "delete")) return parts;
    return parts.map(({ call, payload }) => ({
      call,
      payload: isRecord(payload) ? { ...payload, autoThread: start } : payload,
    }));
  }

  /** Makes a call in the thread that it belongs to, or where it was to go. */
  async dispatch<C extends { readonly to: Address; readonly signal: AbortSignal }>(
    part: Part,
    context: C,
    run: (part: Part, context: C) => Promise<SendResult>,
  ): Promise<SendResult> {
    const start = payloadSchema.safeParse(part.payload).data?.autoThread;
    if (start === undefined) return run(part, context);
    if (part.call.startsWith("DELETE")) {
      // Whether what is taken back got into the thread is not known any more; ids are never the same.
      if (this.#known.get(start.message) !== false)
        await run(part, { ...context, to: inside(context.to, start) }).catch(unlessGone);
      return run(part, context);
    }
    const to = await this.#enter(context.to, start, context.signal);
    if (to === undefined) return run(part, context);
    return { ...(await run(withoutQuote(part), { ...context, to })), to };
  }

  /** A draft, in the thread that it belongs to. Throws the contract's errors. */
  async placed(draft: Draft, signal: AbortSignal): Promise<Draft> {
    const start = startOf(draft.to);
    const to = start && (await this.#enter(draft.to, start, signal));
    if (to === undefined) return draft;
    const { replyTo: _, ...rest } = draft;
    return { ...rest, to };
  }

  /** The thread that an answer belongs to, opened where it is not there yet; undefined where Discord refuses it. */
  async #enter(to: Address, start: Start, signal: AbortSignal): Promise<Address | undefined> {
    const isOpen = this.#known.get(start.message) ?? (await this.#open(to.chat, start, signal));
    if (this.#known.size >= MAX_REMEMBERED) this.#known.clear();
    this.#known.set(start.message, isOpen);
    return isOpen ? inside(to, start) : undefined;
  }

  async #open(channel: string, { message, name }: Start, signal: AbortSignal): Promise<boolean> {
    const { rest, context } = this.#options;
    try {
      await rest.call({
        call: "POST thread",
        method: "POST",
        route: Routes.threads(channel, message),
        body: { name },
        signal,
        isRepeatable: true,
      });
    } catch (error) {
      if (isThere(error)) return true;
      if (!isRefused(error)) throw error;
      context.note(
        "autoThread",
        `No thread could be opened, and the answer went into the channel. ${error.message}`,
      );
      return false;
    }
    context.note("autoThread", undefined);
    return true;
  }
}

/** The thread that the answers to this address belong to. */
function startOf({ route }: Address): Start | undefined {
  return routeSchema.safeParse(route).data?.data;
}

function inside({ route: _, ...to }: Address, { message }: Start): Address {
  return { ...to, thread: message };
}

/** Nothing outside of a thread can be quoted in it. */
function withoutQuote({ call, payload }: Part): Part {
  if (!isRecord(payload)) return { call, payload };
  const { replyTo: _, ...rest } = payload;
  return { call, payload: rest };
}

/** The first line that says something. */
function nameOf(text: string): string | undefined {
  const line = text
    .split("\n")
    .map((each) => each.trim())
    .find((each) => each !== "");
  if (line === undefined || line.length <= MAX_NAME) return line;
  // No half of a pair at the end.
  return `${line.slice(0, MAX_NAME - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}

/** "A thread has already been created for this message" (Discord: "Opcodes and Status Codes"). */
function isThere(error: unknown): boolean {
  return error instanceof Error && /code 160004\b/.test(error.message);
}

function isRefused(error: unknown): error is ConnectorError {
  return ConnectorError.isInstance(error) && (error.code === "rejected" || error.code === "gone");
}

function unlessGone(error: unknown): void {
  if (!isRefused(error)) throw error;
}
