import type { AccountHandle } from "./connection/handle.js";
import type { Clock, Logger } from "./contract/connection.js";
import type { Connector, Delivery, WebhookRequest, WebhookResponse } from "./contract/connector.js";
import type { Durably } from "./durable.js";
import type { Aliases } from "./inbox/aliases.js";
import type { Inbox } from "./inbox/inbox.js";
import type { Receipts } from "./outbox/receipts.js";
import type { Store } from "./store/port.js";

/** Platforms wait some seconds for an answer; after this long ours is "come again". */
const ACCEPT_LIMIT_MS = 8_000;

export interface WebhookOptions {
  readonly handles: readonly AccountHandle[];
  readonly inbox: Inbox;
  readonly receipts: Receipts;
  readonly aliases: Aliases;
  readonly store: Store;
  readonly durably: Durably;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Verified, parsed, committed, and only then answered. Events of unknown or unopened accounts are not acknowledged. */
export async function handleWebhook(
  request: WebhookRequest,
  options: WebhookOptions,
): Promise<WebhookResponse> {
  const path = request.url.split("?", 1)[0] ?? "";
  const handles = options.handles.filter(
    (handle) => handle.connector.webhook?.path(handle.account.config) === path,
  );
  const [first] = handles;
  if (first?.connector.webhook === undefined) return { status: 404, body: "Not found" };
  const { webhook, manifest } = first.connector;
  const limit = new AbortController();
  const cancelLimit = options.clock.after(ACCEPT_LIMIT_MS, () => limit.abort());
  try {
    const accounts = handles.map(({ account }) => account);
    const verified = await webhook.verify(request, accounts, {
      signal: limit.signal,
      log: options.log,
      clock: options.clock,
    });
    if (!verified.ok) {
      if (verified.response.status >= 400)
        options.log.warn(
          { connector: manifest.id, reason: verified.reason },
          "a webhook request was refused",
        );
      return verified.response;
    }
    const deliveries = parse(first.connector, verified.value, options.log);
    if (deliveries === undefined) return { status: 400, body: "Bad request" };
    const accepted = Promise.all(deliveries.map((delivery) => accept(delivery, handles, options)));
    const late = new Promise<"late">((resolve) =>
      limit.signal.addEventListener("abort", () => resolve("late"), { once: true }),
    );
    const results = await Promise.race([accepted, late]);
    if (results === "late")
      accepted.catch((error: unknown) =>
        options.log.warn({ err: error }, "a webhook's events could not be stored"),
      );
    if (results === "late" || results.includes("unavailable"))
      return { status: 503, headers: { "retry-after": "5" }, body: "Try again" };
    return webhook.reply(verified.value);
  } finally {
    cancelLimit();
  }
}

function parse(connector: Connector, verified: unknown, log: Logger): readonly Delivery[] | undefined {
  try {
    return connector.webhook?.parse(verified);
  } catch (error) {
    log.warn({ err: error, connector: connector.manifest.id }, "a webhook request could not be read");
    return undefined;
  }
}

async function accept(
  delivery: Delivery,
  handles: readonly AccountHandle[],
  options: WebhookOptions,
): Promise<"ok" | "unavailable"> {
  const handle = handles.find(({ id }) => id === delivery.account);
  // Without an identity there is nowhere to put it yet; the platform will bring it again.
  if (handle?.bound === undefined || options.inbox.isFull(handle)) return "unavailable";
  for (const { old, now } of delivery.aliases ?? []) await options.aliases.record(handle, old, now);
  await options.inbox.receive(handle, delivery.events);
  for (const receipt of delivery.receipts ?? []) await options.receipts.record(handle, receipt);
  return "ok";
}
