import {
  type Address,
  chunkRichText,
  type DispatchContext,
  type Features,
  type Limits,
  type Operation,
  type Part,
  Rejected,
  type SendResult,
  Transient,
} from "@elizaos/connector-core";
import { z } from "zod";
import { buttonsFeature, buttonsOf, wireButtons } from "./buttons.js";
import { type ToyClient, ToyRefusal } from "./client.js";
import type { ToyConfig } from "./config.js";
import { toConnectorError } from "./errors.js";
import { fileIds, MEDIA_TYPES, upload } from "./files.js";
import { render } from "./format.js";
import { type WireMe, type WireTicket, wireOwn, wireSent } from "./wire.js";

const nothing = z.object({});
const payloads = {
  send: z.object({
    text: z.string(),
    quote: z.string().optional(),
    /** How many of the parts before it are files that go with it. */
    uploads: z.number().default(0),
    buttons: wireButtons.optional(),
  }),
  edit: z.object({ message: z.string(), text: z.string(), buttons: wireButtons.optional() }),
  delete: z.object({ message: z.string() }),
  react: z.object({ message: z.string(), emoji: z.string().nullable() }),
};

/** Clocks differ: what we sent may bear a time before that of our call, in ms. */
const CLOCK_SKEW_MS = 60_000;

/** Repeated as they are, these come to the same. */
const harmless = { idempotency: { mode: "none" }, onUnknown: "resend" } as const;

/** What an account can do, as the platform said of it. */
export function featuresOf(
  { idempotency, keyWindowMs }: WireMe,
  { onUnknown, transport, catchUp }: Pick<ToyConfig, "onUnknown" | "transport" | "catchUp">,
): Features {
  const mode =
    idempotency === "native" ? ({ mode: "native", windowMs: keyWindowMs } as const) : { mode: idempotency };
  const kept = catchUp ? "replayable" : "lossy";
  return {
    // Deliveries that were not acknowledged come again for 45 minutes.
    transport: { class: transport === "webhook" ? "redelivered" : kept, windowMs: 45 * 60_000 },
    operations: { send: { idempotency: mode, onUnknown }, edit: harmless, delete: harmless, react: harmless },
    typing: { refreshMs: 5_000 },
    mentions: true,
    threads: true,
    events: ["edited", "deleted", "reaction", "lifecycle", "command", "button"],
    buttons: buttonsFeature,
    media: { inbound: MEDIA_TYPES, outbound: MEDIA_TYPES },
  };
}

/** What goes where it is told by `to` at the time of the call; a part holds only what is said. */
export async function prepare(
  operation: Operation,
  limits: Limits,
  config: Pick<ToyConfig, "textChunkLimit" | "chunkMode" | "markdown">,
): Promise<readonly Part[]> {
  const max = Math.min(limits.text.max, config.textChunkLimit ?? Number.POSITIVE_INFINITY);
  switch (operation.kind) {
    case "send": {
      const chunks = chunkRichText(await render(operation, config), {
        limit: { ...limits.text, max },
        mode: config.chunkMode,
      });
      const { attachments = [] } = operation;
      // Files that have no text go with an empty one.
      const texts = chunks.length === 0 && attachments.length > 0 ? [""] : chunks.map(({ text }) => text);
      if (texts.length === 0) throw new Rejected("There is no text to send.", { where: "send" });
      const uploads = attachments.map((file) => ({ call: "upload", payload: { ...file } }));
      const quote = operation.replyTo === undefined ? {} : { quote: operation.replyTo };
      const sends = texts.map((text, index) => ({
        call: "send",
        payload: {
          text,
          ...(index === 0 && { ...quote, uploads: uploads.length }),
          ...(index === texts.length - 1 && buttonsOf(operation.buttons)),
        },
      }));
      return [...uploads, ...sends];
    }
    case "edit": {
      const { text } = await render(operation, config);
      const { message } = operation.to;
      return [{ call: "edit", payload: { message, text, ...buttonsOf(operation.buttons) } }];
    }
    case "delete":
      return [{ call: "delete", payload: { message: operation.to.message } }];
    case "react":
      return [{ call: "react", payload: { message: operation.to.message, emoji: operation.emoji } }];
    case "action":
      throw new Rejected(`The platform has no action "${operation.name}".`, { where: operation.name });
  }
}

export interface Outlet {
  readonly client: ToyClient;
  readonly me: WireMe;
  /** Told when the platform says that a chat goes by another id. */
  readonly alias: (old: string, now: string) => Promise<void>;
}

/** Makes the call of one part. */
export async function dispatch(part: Part, context: DispatchContext, outlet: Outlet): Promise<SendResult> {
  const { to, signal } = context;
  try {
    if (part.call === "upload") return await upload(part, context, outlet.client);
    if (part.call === "send") return await send(payloads.send.parse(part.payload), context, outlet);
    const schema =
      part.call === "edit" ? payloads.edit : part.call === "delete" ? payloads.delete : payloads.react;
    await outlet.client.post(part.call, { chat: to.chat, ...schema.parse(part.payload) }, nothing, signal);
    return {};
  } catch (error) {
    const now = error instanceof ToyRefusal ? error.body.now : undefined;
    if (now === undefined) throw toConnectorError(error, part.call);
    await outlet.alias(to.chat, now);
    throw new Transient(`The chat ${to.chat} is called ${now} now.`, { where: part.call, cause: error });
  }
}

async function send(
  { uploads, ...said }: z.infer<typeof payloads.send>,
  { key, to, previous, signal }: DispatchContext,
  { client, me }: Outlet,
): Promise<SendResult> {
  const mark = me.idempotency === "native" ? { key } : me.idempotency === "detect" ? { note: key } : {};
  const body = {
    chat: to.chat,
    ...(to.thread !== undefined && { thread: to.thread }),
    ...said,
    ...(uploads > 0 && { files: fileIds(previous.slice(0, uploads)) }),
    ...mark,
  };
  const ticket = ticketOf(to);
  try {
    return toResult(
      await client.post("send", { ...body, ...(ticket !== undefined && { ticket }) }, wireSent, signal),
    );
  } catch (error) {
    // Refused means not sent, so the same message may go without the ticket, where the platform asks for none.
    const expired = error instanceof ToyRefusal && error.body.error === "ticket-expired";
    if (!expired || me.tickets === "required") throw error;
    return toResult(await client.post("send", body, wireSent, signal));
  }
}

/** Looks for a message that bears the part's key, where the platform shows what we noted with it. */
export async function find(
  part: Part,
  { key, to, firstAttemptAt, signal }: DispatchContext,
  { client, me }: Outlet,
): Promise<SendResult | "absent" | "unknown"> {
  // A file that nobody sends is soon forgotten: bringing it again does no harm.
  if (part.call === "upload") return "absent";
  if (part.call !== "send" || me.idempotency !== "detect") return "unknown";
  try {
    const since = String(firstAttemptAt - CLOCK_SKEW_MS);
    const { messages } = await client.get("own", { chat: to.chat, since }, wireOwn, signal);
    const found = messages.find(({ note }) => note === key);
    return found === undefined ? "absent" : { message: found.message };
  } catch (error) {
    throw toConnectorError(error, "own");
  }
}

function ticketOf({ route }: Address): string | undefined {
  const data = z.object({ ticket: z.string() }).safeParse(route?.version === 1 ? route.data : undefined);
  return data.success ? data.data.ticket : undefined;
}

function toResult({
  message,
  ticket,
}: {
  readonly message: string;
  readonly ticket?: WireTicket | undefined;
}): SendResult {
  return {
    message,
    ...(ticket && { route: { version: 1, data: { ticket: ticket.value }, expiresAt: ticket.expires } }),
  };
}
