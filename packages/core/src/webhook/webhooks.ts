import type { AccountHandle } from "../connection/handle.js";
import type { Clock, Logger } from "../contract/connection.js";
import type {
  Account,
  Connector,
  Delivery,
  Webhook,
  WebhookRequest,
  WebhookResponse,
} from "../contract/connector.js";
import type { Aliases } from "../inbox/aliases.js";
import type { Inbox } from "../inbox/inbox.js";
import type { Receipts } from "../outbox/receipts.js";
import type { WebhookPath } from "../runtime-types.js";

/** Platforms wait some seconds for an answer; after this long ours is "come again". */
const ACCEPT_LIMIT_MS = 8_000;
/** Deliveries of one account that wait for the store at once, so that one account cannot take all places. */
const MAX_PER_ACCOUNT = 100;
const USUAL_METHODS = ["POST"];

const NOT_FOUND: WebhookResponse = { status: 404, body: "Not found" };
const COME_AGAIN: WebhookResponse = { status: 503, headers: { "retry-after": "5" }, body: "Try again" };
const TOO_MANY: WebhookResponse = { status: 503, headers: { "retry-after": "1" }, body: "Try again" };

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
  readonly methods: readonly string[];
  readonly handles: AccountHandle[];
  readonly accounts: Account<unknown>[];
}

/** Where platforms bring events over HTTP: verified, parsed, committed, and only then answered. */
export class Webhooks {
  readonly #options: WebhookOptions;
  /** Connectors may share a path; each sees its own accounts only. */
  readonly #doors: ReadonlyMap<string, readonly Door[]>;
  readonly #waiting = new Map<AccountHandle, number>();

  constructor(options: WebhookOptions) {
    this.#options = options;
    this.#doors = doorsOf(options.handles);
  }

  paths(): readonly WebhookPath[] {
    return [...this.#doors].map(([path, doors]) => ({
      path,
      methods: methodsOf(doors),
      accounts: doors.flatMap(({ connector, handles }) =>
        handles.map(({ id }) => ({ connector: connector.manifest.id, account: id })),
      ),
    }));
  }

  /** Never rejects. What could not be stored is not acknowledged, so that the platform brings it again. */
  async handle(request: WebhookRequest): Promise<WebhookResponse> {
    const doors = this.#doors.get(pathOf(request.url));
    if (doors === undefined) return NOT_FOUND;
    const open = doors.filter(({ methods }) => methods.includes(request.method));
    if (open.length === 0)
      return { status: 405, headers: { allow: methodsOf(doors).join(", ") }, body: "Method not allowed" };
    const limit = new AbortController();
    const cancelLimit = this.#options.clock.after(ACCEPT_LIMIT_MS, () => limit.abort());
    try {
      return await this.#enter(request, open, limit.signal);
    } catch (error) {
      this.#options.log.warn({ err: error }, "a webhook request could not be taken");
      return COME_AGAIN;
    } finally {
      cancelLimit();
    }
  }

  async #enter(
    request: WebhookRequest,
    doors: readonly Door[],
    signal: AbortSignal,
  ): Promise<WebhookResponse> {
    const { clock, log } = this.#options;
    const refusals: {
      readonly connector: string;
      readonly reason: string;
      readonly response: WebhookResponse;
    }[] = [];
    for (const door of doors) {
      const { connector, webhook, accounts, handles } = door;
      const identity = (account: string) => handles.find(({ id }) => id === account)?.who;
      const verified = await webhook.verify(request, accounts, { signal, log, clock, identity });
      if (verified.ok) return await this.#take(verified.value, door, signal);
      if (verified.response.status < 400) return verified.response;
      refusals.push({ connector: connector.manifest.id, ...verified });
    }
    for (const { connector, reason } of refusals)
      log.warn({ connector, reason }, "a webhook request was refused");
    // Who may yet be let in is asked to come again, whatever the others say.
    const refusal = refusals.find(({ response }) => response.status >= 500) ?? refusals[0];
    return refusal?.response ?? NOT_FOUND;
  }

  async #take(
    verified: unknown,
    { connector, webhook, handles }: Door,
    limit: AbortSignal,
  ): Promise<WebhookResponse> {
    const { log } = this.#options;
    let deliveries: readonly Delivery[];
    try {
      deliveries = webhook.parse(verified);
    } catch (error) {
      log.warn({ err: error, connector: connector.manifest.id }, "a webhook request could not be read");
      return { status: 400, body: "Bad request" };
    }
    const accepted = Promise.all(deliveries.map((delivery) => this.#accept(delivery, handles, limit)));
    const late = new Promise<"late">((resolve) =>
      limit.addEventListener("abort", () => resolve("late"), { once: true }),
    );
    const results = await Promise.race([accepted, late]);
    if (results === "late") {
      accepted.catch((error: unknown) => log.warn({ err: error }, "a webhook's events could not be stored"));
      return COME_AGAIN;
    }
    return results.find((result) => result !== "ok") ?? webhook.reply(verified);
  }

  /** Resolves to "ok" after the commit, or to what the platform is told instead. */
  async #accept(
    delivery: Delivery,
    handles: readonly AccountHandle[],
    limit: AbortSignal,
  ): Promise<"ok" | WebhookResponse> {
    const { aliases, inbox, receipts } = this.#options;
    const handle = handles.find(({ id }) => id === delivery.account);
    // Without an identity there is nowhere to put it yet; the platform will bring it again.
    if (handle?.bound === undefined || inbox.isFull(handle)) return COME_AGAIN;
    const { unread = [] } = delivery;
    const read = handle.connection?.read?.bind(handle.connection);
    if (unread.length > 0 && read === undefined) return COME_AGAIN;
    const waiting = this.#waiting.get(handle) ?? 0;
    if (waiting >= MAX_PER_ACCOUNT) return TOO_MANY;
    this.#waiting.set(handle, waiting + 1);
    try {
      for (const { old, now } of delivery.aliases ?? []) await aliases.record(handle, old, now);
      const more = await Promise.all(unread.map((each) => read?.(each, limit) ?? []));
      const events = [...delivery.events, ...more.flat()];
      if (events.length > 0) await inbox.receive(handle, events);
      for (const receipt of delivery.receipts ?? []) await receipts.record(handle, receipt);
      return "ok";
    } finally {
      this.#waiting.set(handle, (this.#waiting.get(handle) ?? 1) - 1);
    }
  }
}

function doorsOf(handles: readonly AccountHandle[]): ReadonlyMap<string, readonly Door[]> {
  const paths = new Map<string, Door[]>();
  for (const handle of handles) {
    const { connector, account } = handle;
    const { webhook } = connector;
    const path = webhook?.path(account.config);
    if (webhook === undefined || path === undefined) continue;
    const doors = paths.get(path) ?? [];
    paths.set(path, doors);
    const door = doors.find((each) => each.connector === connector);
    if (door === undefined) {
      const methods = webhook.methods ?? USUAL_METHODS;
      doors.push({ connector, webhook, methods, handles: [handle], accounts: [account] });
    } else {
      door.handles.push(handle);
      door.accounts.push(account);
    }
  }
  return paths;
}

function methodsOf(doors: readonly Door[]): readonly string[] {
  return [...new Set(doors.flatMap(({ methods }) => methods))];
}

function pathOf(url: string): string {
  const query = url.indexOf("?");
  return query < 0 ? url : url.slice(0, query);
}
