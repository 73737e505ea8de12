import type { InboundEvent } from "@elizaos/connector-core";
import { type ToyClient, ToyRefusal } from "./client.js";
import { toConnectorError } from "./errors.js";
import { toContent } from "./inbound.js";
import { type WireMe, wireMessage } from "./wire.js";

/** Looks up what a message says whose event only pointed to it; undefined when it was deleted since. */
export async function hydrate(
  event: InboundEvent,
  { client, me }: { readonly client: ToyClient; readonly me: WireMe },
  signal: AbortSignal,
): Promise<InboundEvent | undefined> {
  const { chat, message } = event.address;
  if (event.kind !== "message" && event.kind !== "edited" && event.kind !== "command") return event;
  if (message === undefined) return event;
  try {
    const content = toContent(await client.get("message", { chat, message }, wireMessage, signal), me.id);
    const { mentionsSelf = content.mentionsSelf } = event.content;
    return { ...event, content: { ...content, ...(mentionsSelf && { mentionsSelf }) } };
  } catch (error) {
    if (error instanceof ToyRefusal && error.body.error === "unknown-message") return undefined;
    throw toConnectorError(error, "message");
  }
}
