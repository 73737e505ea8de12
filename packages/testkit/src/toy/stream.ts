import {
  type ConnectionContext,
  type EventBatch,
  type InboundEvent,
  Transient,
} from "@elizaos/connector-core";
import { z } from "zod";
import { took } from "./buttons.js";
import { type ToyClient, ToyRefusal } from "./client.js";
import { toConnectorError } from "./errors.js";
import { type Read, read } from "./inbound.js";
import { readLines } from "./lines.js";
import { wireBeat, wireHead, wireHello, wireLog } from "./wire.js";

/** The stream beats every 15 s; after this much silence it is taken for dead. */
const SILENCE_MAX_MS = 45_000;
const PAGE = 100;
/** Name of the cursor: `seq` up to which everything is stored. */
const CURSOR = "log";

export interface LiveStream {
  /** What the log holds between the stored cursor and the beginning of the stream. */
  catchUp(signal: AbortSignal): AsyncIterable<EventBatch>;
  /** Resolves when nothing of the stream runs any more. */
  close(): Promise<void>;
}

/**
 * Opens the stream and stores what it brings. The platform never learns what arrived, so the cursor is ours: it moves only
 * when everything before it is stored. When the stream breaks, or an event is missing in it, the connection is opened anew.
 */
export async function follow(
  client: ToyClient,
  context: ConnectionContext,
  mode: { readonly catchUp: boolean },
): Promise<LiveStream> {
  const closing = new AbortController();
  const signal = AbortSignal.any([context.signal, closing.signal]);
  const watchdog = new Watchdog(context, closing);
  try {
    const lines = readLines(await client.stream(signal));
    const first = await lines.next();
    const hello = wireHello.safeParse(first.done ? undefined : parseJson(first.value));
    if (!hello.success) throw new Transient("The stream does not begin as it should.", { where: "stream" });
    const { last } = hello.data;
    if (!mode.catchUp) await skipTo(last, context);
    // While there is a log to read first, what comes meanwhile is stored without moving the cursor over the hole.
    const position = { head: last, contiguous: !mode.catchUp };
    // Only what is stored has arrived. Nothing waits for the platform to know.
    const arrived: Arrived = (presses) => {
      for (const press of presses) void took(press, client, { signal, log: context.log });
    };
    const running = listen(lines, { position, arrived }, context, watchdog).catch((error: unknown) => {
      watchdog.stop();
      const ended = watchdog.silence ?? toConnectorError(error, "stream");
      if (watchdog.silence !== undefined || !signal.aborted) context.fail(ended);
    });
    const done = () => {
      position.contiguous = true;
    };
    return {
      catchUp: (stop) =>
        readLog(client, context, { until: last, done, arrived, signal: AbortSignal.any([stop, signal]) }),
      close() {
        watchdog.stop();
        closing.abort();
        return running;
      },
    };
  } catch (error) {
    watchdog.stop();
    closing.abort();
    throw watchdog.silence ?? toConnectorError(error, "stream");
  }
}

/** Told of presses that are stored. */
type Arrived = (presses: readonly string[]) => void;

interface Position {
  /** `seq` of the newest event that the stream brought. */
  head: number;
  /** Everything before `head` is stored. */
  contiguous: boolean;
}

/** Ends only by throwing. */
async function listen(
  lines: AsyncIterable<string>,
  to: { readonly position: Position; readonly arrived: Arrived },
  context: ConnectionContext,
  watchdog: Watchdog,
): Promise<never> {
  for await (const line of lines) {
    watchdog.feed();
    const raw = parseJson(line);
    if (!wireBeat.safeParse(raw).success) await take(raw, to, context);
  }
  throw new Transient("The stream ended.", { where: "stream" });
}

async function take(
  raw: unknown,
  { position, arrived }: { readonly position: Position; readonly arrived: Arrived },
  context: ConnectionContext,
): Promise<void> {
  const head = wireHead.safeParse(raw);
  if (!head.success) {
    context.log.warn({}, "a line of the stream was left out: it is not an event");
    return;
  }
  const { id, seq } = head.data;
  if (seq > position.head + 1)
    throw new Transient(`The stream lost ${seq - position.head - 1} events.`, { where: "stream" });
  const { events, presses } = await apply([raw], context);
  // What comes once more bears its old number.
  position.head = Math.max(position.head, seq);
  await context.receive(
    events,
    position.contiguous ? { cursor: { name: CURSOR, value: position.head } } : {},
  );
  arrived(presses);
  context.log.debug({ id }, "received");
}

async function* readLog(
  client: ToyClient,
  context: ConnectionContext,
  {
    until,
    done,
    arrived,
    signal,
  }: {
    readonly until: number;
    readonly done: () => void;
    readonly arrived: Arrived;
    readonly signal: AbortSignal;
  },
): AsyncIterable<EventBatch> {
  const stored = z.number().safeParse(await context.cursor(CURSOR));
  // On the first start nothing that was said before is answered.
  let known = stored.success ? stored.data : until;
  if (!stored.success) yield { events: [], cursor: { name: CURSOR, value: known } };
  try {
    while (known < until) {
      const page = await readPage(client, known, signal);
      if ("oldest" in page) {
        context.gap(`${page.oldest - 1 - known} events are older than the platform's log`);
        known = page.oldest - 1;
        continue;
      }
      known = page.upTo;
      const { events, presses } = await apply(page.events, context);
      yield { events, cursor: { name: CURSOR, value: known } };
      arrived(presses);
    }
    done();
  } catch (error) {
    // The connection is opened again, and the log read again from the cursor.
    if (!signal.aborted) context.fail(toConnectorError(error, "log"));
  }
}

async function readPage(client: ToyClient, after: number, signal: AbortSignal) {
  try {
    const { events, last, more } = await client.get(
      "log",
      { after: String(after), limit: String(PAGE) },
      wireLog,
      signal,
    );
    const newest = wireHead.safeParse(events.at(-1));
    return { events, upTo: more && newest.success ? newest.data.seq : last };
  } catch (error) {
    const oldest = error instanceof ToyRefusal ? error.body.oldest : undefined;
    if (oldest === undefined) throw error;
    return { oldest };
  }
}

/** Without a log, what came while nobody listened is lost; that is said. */
async function skipTo(last: number, context: ConnectionContext): Promise<void> {
  const stored = z.number().safeParse(await context.cursor(CURSOR));
  if (stored.success && stored.data < last)
    context.gap(`${last - stored.data} events came while the stream was closed`);
  await context.receive([], { cursor: { name: CURSOR, value: last } });
}

/** Does at once what is no event, in the platform's order, and gives back the events, and which of them are presses. Doing it twice does no harm. */
async function apply(raws: readonly unknown[], context: ConnectionContext) {
  const events: InboundEvent[] = [];
  const presses: string[] = [];
  for (const raw of raws) {
    const one: Read | undefined = read(raw);
    if (one === undefined)
      context.log.warn(
        { id: wireHead.safeParse(raw).data?.id },
        "an event was left out: it is not one that this connector knows",
      );
    else if (one.reading.type === "alias") await context.alias(one.reading.old, one.reading.now);
    else if (one.reading.type === "receipt") await context.delivered(one.reading.receipt);
    else {
      events.push(one.reading.event);
      if (one.reading.press !== undefined) presses.push(one.reading.press);
    }
  }
  return { events, presses };
}

/** Ends a stream that says nothing any more although its socket is open. */
class Watchdog {
  silence: Transient | undefined;
  readonly #context: ConnectionContext;
  readonly #closing: AbortController;
  #cancel = () => {};

  constructor(context: ConnectionContext, closing: AbortController) {
    this.#context = context;
    this.#closing = closing;
    this.feed();
  }

  feed(): void {
    this.#cancel();
    this.#cancel = this.#context.clock.after(SILENCE_MAX_MS, () => {
      this.silence = new Transient(`The stream has been silent for ${SILENCE_MAX_MS / 1_000} s.`, {
        where: "stream",
      });
      this.#closing.abort();
    });
  }

  stop(): void {
    this.#cancel();
  }
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // Undefined is no event; the caller says so.
    return undefined;
  }
}
