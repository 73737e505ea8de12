import {
  type Action,
  type Address,
  type ConnectionContext,
  ConnectorError,
  compilePatterns,
  type Draft,
  type InboundEvent,
  isMentioned,
  isRecord,
  type Operation,
  type Part,
  type SendResult,
} from "@elizaos/connector-core";
import { Routes } from "discord-api-types/v10";
import { z } from "zod";
import type { DiscordConfig } from "./config.js";
import { type Directory, isThread } from "./directory.js";
import { guildSettings, opensThreads } from "./guilds.js";
import type { Rest } from "./rest.js";

/** Of a thread's name (API reference, "Start Thread from Message"). */
const MAX_NAME = 100;
const MAX_REMEMBERED = 1_000;
const ROUTE_VERSION = 1;

/** The thread that an answer begins, or goes on in: the message that is answered, and the name. */
const startSchema = z.object({ message: z.string(), name: z.string() });
type Start = z.infer<typeof startSchema>;
const routeSchema = z.object({ version: z.literal(ROUTE_VERSION), data: startSchema });
const payloadSchema = z.looseObject({
  autoThread: startSchema,
  message: z.string().optional(),
  isDraft: z.boolean().optional(),
});

export interface AutoThreadsOptions {
  readonly config: Pick<DiscordConfig, "guilds" | "groupAllowFrom" | "requireMention" | "mentionPatterns">;
  readonly rest: Rest;
  readonly directory: Directory;
  readonly context: Pick<ConnectionContext, "note">;
}

/**
 * Answers in threads, where a channel's `autoThread` asks for it. A thread that begins at a message has that message's id: so a question
 * belongs to its thread before there is one, and its session is that of everything that is said there. The message that is answered goes
 * along as the event's route, and from there into the stored call, so that a restart answers in the same thread.
 */
export class AutoThreads {
  readonly #options: AutoThreadsOptions;
  /** By the message that they begin at: whether there is one, or Discord refused it. */
  readonly #known = new Map<string, boolean>();
  readonly #mentionPatterns: readonly RegExp[];

  constructor(options: AutoThreadsOptions) {
    this.#options = options;
    this.#mentionPatterns = compilePatterns(options.config.mentionPatterns);
  }

  /** Adds to a message where its answer goes, and puts it, and what is done with it, into the thread that begins at it. */
  marked(event: InboundEvent): InboundEvent {
    const { address, kind } = event;
    const { message, thread, space } = address;
    if (message === undefined || thread !== undefined || space === undefined) return event;
    const { config, directory } = this.#options;
    if (!opensThreads(config.guilds, address)) return event;
    if (kind === "message") {
      const data: Start = { message, name: nameOf(event.content.text) ?? event.sender.name ?? "Answer" };
      const route = { version: ROUTE_VERSION, data };
      const place = this.#isQuestion(event) ? { thread: message } : {};
      return { ...event, address: { ...address, ...place, route } };
    }
    if (kind !== "edited" && kind !== "deleted" && kind !== "reaction") return event;
    const begun = directory.channel(message);
    return begun !== undefined && isThread(begun.type)
      ? { ...event, address: { ...address, thread: message } }
      : event;
  }

  /** What only stands in the channel belongs to the channel. Bots do as well, whose turns in a row are counted there. */
  #isQuestion(event: InboundEvent): boolean {
    if (event.sender.isBot === true) return false;
    const { config } = this.#options;
    const needsMention = guildSettings(config, event.address).requireMention?.value ?? config.requireMention;
    return !needsMention || isMentioned({ event, mentionPatterns: this.#mentionPatterns });
  }

  /** Adds to the calls of an answer where it goes. What is sent unasked has no such route of its own. */
  prepared({ kind, to }: Operation, parts: readonly Part[]): readonly Part[] {
    const start = startOf(to);
    if (start === undefined || kind === "action") return parts;
    if (kind === "react" && to.message !== start.message) return parts;
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
    if (!isRecord(part.payload) || !("autoThread" in part.payload)) return run(part, context);
    const payload = payloadSchema.safeParse(part.payload).data;
    if (payload === undefined) return run(part, context);
    const { autoThread: start, message, isDraft } = payload;
    const channel = { ...context, to: outside(context.to) };
    if (message === start.message) return run(part, channel);
    if (message !== undefined && isDraft !== true) {
      // Whether what is changed got into the thread is not known any more; ids are never the same.
      const mayBeThere = this.#known.get(start.message) !== false;
      const done = mayBeThere ? await this.#change(part, context, start, run) : undefined;
      return done ?? run(part, channel);
    }
    const to = await this.#enter(context.to, start, context.signal);
    if (to === undefined) return run(part, channel);
    return { ...(await run(withoutQuote(part), { ...context, to })), to };
  }

  /** Changes something in the thread; undefined where it may be in the channel. */
  async #change<C extends { readonly to: Address }>(
    part: Part,
    context: C,
    start: Start,
    run: (part: Part, context: C) => Promise<SendResult>,
  ): Promise<SendResult | undefined> {
    try {
      const result = await run(part, { ...context, to: inside(context.to, start) });
      // What is not there counts as taken away.
      return part.call.startsWith("DELETE") ? undefined : result;
    } catch (error) {
      if (isRefused(error)) return undefined;
      throw error;
    }
  }

  /** Where people look who wait for an answer. */
  awaited(to: Address): Address {
    const start = startOf(to);
    if (start === undefined) return to;
    return this.#known.get(start.message) === true ? inside(to, start) : outside(to);
  }

  /** Actions, done where the message stands that is answered. */
  beside(to: Address, actionsAt: (to: Address) => readonly Action[]): readonly Action[] {
    if (startOf(to) === undefined) return actionsAt(to);
    return actionsAt(outside(to)).map((action) => ({
      ...action,
      run: (input, context) =>
        action.run(input, {
          ...context,
          to: outside(context.to),
          // What is said goes with the answer.
          perform: (request) =>
            context.perform(request.kind === "send" ? { ...request, to: answering(request.to) } : request),
        }),
    }));
  }

  /** A draft, in the thread that it belongs to. Throws the contract's errors. */
  async placed(draft: Draft, signal: AbortSignal): Promise<Draft> {
    const start = startOf(draft.to);
    const to = start && (await this.#enter(draft.to, start, signal));
    if (start === undefined) return draft;
    if (to === undefined) return { ...draft, to: outside(draft.to) };
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

/** Where what answers a message belongs, with what opens it. */
function answering(to: Address): Address {
  const start = startOf(to);
  return start === undefined ? to : { ...to, thread: start.message };
}

/** The channel that the message stands in which is answered. */
function outside(to: Address): Address {
  const start = startOf(to);
  if (start === undefined || to.thread !== start.message) return to;
  const { thread: _, ...channel } = to;
  return channel;
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
