import type { AccountHandle } from "./connection/handle.js";
import type { Clock, Logger } from "./contract/connection.js";
import type { Connector, Delivery, Webhook, WebhookRequest, WebhookResponse } from "./contract/connector.js";
import type { Aliases } from "./inbox/aliases.js";
import type { Inbox } from "./inbox/inbox.js";
import type { Receipts } from "./outbox/receipts.js";

/** Platforms wait some seconds for an answer; after this long ours is "come again". */
const ACCEPT_LIMIT_MS = 8_000;
const COME_AGAIN: WebhookResponse = { status: 503, headers: { "retry-after": "5" }, body: "Try again" };

export interface WebhookOptions {
  readonly handles: readonly AccountHandle[];
  readonly inbox: Inbox;
  readonly receipts: Receipts;
  readonly aliases: Aliases;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The accounts of one connector whose webhooks arrive at a path. */
interface Door {
  readonly connector: Connector;
  readonly webhook: Webhook<unknown>;
  readonly handles: AccountHandle[];
}

/** Verified, parsed, committed, and only then answered. Events of unknown or unopened accounts are not acknowledged. */
export async function handleWebhook(
  request: WebhookRequest,
  options: WebhookOptions,
): Promise<WebhookResponse> {
  const { clock, log } = options;
  const doors = doorsAt(request.url.split("?", 1)[0] ?? "", options.handles);
  const limit = new AbortController();
  const cancelLimit = clock.after(ACCEPT_LIMIT_MS, () => limit.abort());
  let refusal: WebhookResponse | undefined;
  try {
    for (const { connector, webhook, handles } of doors) {
      const accounts = handles.map(({ account }) => account);
      const verified = await webhook.verify(request, accounts, { signal: limit.signal, log, clock });
      if (verified.ok)
        return await take(verified.value, { connector, webhook, handles }, options, limit.signal);
      if (verified.response.status < 400) return verified.response;
      log.warn(
        { connector: connector.manifest.id, reason: verified.reason },
        "a webhook request was refused",
      );
      refusal ??= verified.response;
    }
    return refusal ?? { status: 404, body: "Not found" };
  } finally {
    cancelLimit();
  }
}

/** Connectors may share a path; each sees its own accounts only. */
function doorsAt(path: string, handles: readonly AccountHandle[]): readonly Door[] {
  const doors = new Map<Connector, Door>();
  for (const handle of handles) {
    const { connector } = handle;
    if (connector.webhook === undefined || connector.webhook.path(handle.account.config) !== path) continue;
    const door = doors.get(connector);
    if (door === undefined)
      doors.set(connector, { connector, webhook: connector.webhook, handles: [handle] });
    else door.handles.push(handle);
  }
  return [...doors.values()];
}

async function take(
  verified: unknown,
  { connector, webhook, handles }: Door,
  options: WebhookOptions,
  limit: AbortSignal,
): Promise<WebhookResponse> {
  const { log } = options;
  let deliveries: readonly Delivery[];
  try {
    deliveries = webhook.parse(verified);
  } catch (error) {
    log.warn({ err: error, connector: connector.manifest.id }, "a webhook request could not be read");
    return { status: 400, body: "Bad request" };
  }
  const accepted = Promise.all(deliveries.map((delivery) => accept(delivery, handles, options)));
  const late = new Promise<"late">((resolve) =>
    limit.addEventListener("abort", () => resolve("late"), { once: true }),
  );
  const results = await Promise.race([accepted, late]);
  if (results === "late") {
    accepted.catch((error: unknown) => log.warn({ err: error }, "a webhook's events could not be stored"));
    return COME_AGAIN;
  }
  return results.includes("unavailable") ? COME_AGAIN : webhook.reply(verified);
}

async function accept(
  delivery: Delivery,
  handles: readonly AccountHandle[],
  { aliases, inbox, receipts }: WebhookOptions,
): Promise<"ok" | "unavailable"> {
  const handle = handles.find(({ id }) => id === delivery.account);
  // Without an identity there is nowhere to put it yet; the platform will bring it again.
  if (handle?.bound === undefined || inbox.isFull(handle)) return "unavailable";
  for (const { old, now } of delivery.aliases ?? []) await aliases.record(handle, old, now);
  await inbox.receive(handle, delivery.events);
  for (const receipt of delivery.receipts ?? []) await receipts.record(handle, receipt);
  return "ok";
}
