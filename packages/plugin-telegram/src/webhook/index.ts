import { timingSafeEqual } from "node:crypto";
import type { Account, Delivery, Logger, Verified, Webhook, WebhookResponse } from "@elizaos/connector-core";
import type { TelegramConfig } from "../config.js";
import { logDropped } from "../dropped.js";
import { botOf } from "../identity.js";
import { type ReadUpdate, readUpdate } from "../inbound/index.js";
import { webhookPath } from "./config.js";

/** Bot API: setWebhook, secret_token. */
const SECRET_HEADER = "x-telegram-bot-api-secret-token";

/** A request that showed an account's secret. */
interface Received {
  readonly account: string;
  /** Throws for what is no JSON. */
  readonly update: () => ReadUpdate;
  readonly log: Logger;
}

/** One update per request (Bot API: setWebhook). Anything but 2xx brings it again. */
export const webhook: Webhook<TelegramConfig, Received> = {
  path: webhookPath,
  verify({ headers, body }, accounts, { log, clock, identity }) {
    const account = accountWithSecret(headers[SECRET_HEADER] ?? "", accounts);
    if (account === undefined) return refuse(401, "the secret is missing or wrong");
    const who = identity(account.id);
    if (who === undefined) return refuse(503, "Telegram has not said yet whose token it is");
    return {
      ok: true,
      value: {
        account: account.id,
        update: once(() => readUpdate(parseJson(body), botOf(who), clock.now())),
        log,
      },
    };
  },
  parse: ({ account, update, log }) => {
    const { id, reading } = update();
    if (id === undefined) throw new Error("the body is no update of Telegram");
    return [toDelivery()];

    function toDelivery(): Delivery {
      switch (reading.type) {
        case "event":
          return { account, events: [reading.event] };
        case "poll":
          return { account, events: [], unread: [reading.news] };
        case "migrated":
          return { account, events: [], aliases: [{ old: reading.old, now: reading.now }] };
        case "dropped":
          logDropped(log, id, reading);
          return { account, events: [] };
      }
    }
  },
  reply: ({ update }) => {
    const { query } = update();
    return query === undefined ? { status: 200 } : answering(query);
  },
};

/** The answer to a request may be a call; nobody learns what came of it (Bot API: "Making requests when getting updates"). */
function answering(query: string): WebhookResponse {
  return {
    status: 200,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ method: "answerCallbackQuery", callback_query_id: query }),
  };
}

const secrets = new WeakMap<TelegramConfig, Buffer>();

/** Takes the same time whichever account it is, and when it is none. */
function accountWithSecret(
  given: string,
  accounts: readonly Account<TelegramConfig>[],
): Account<TelegramConfig> | undefined {
  const shown = Buffer.from(given);
  let found: Account<TelegramConfig> | undefined;
  for (const account of accounts) {
    const secret = secretOf(account.config);
    const isComparable = shown.length === secret.length && secret.length > 0;
    const isSame = timingSafeEqual(isComparable ? shown : secret, secret);
    if (isComparable && isSame) found = account;
  }
  return found;
}

function secretOf(config: TelegramConfig): Buffer {
  const known = secrets.get(config) ?? Buffer.from(config.webhookSecret ?? "");
  secrets.set(config, known);
  return known;
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString());
  } catch {
    // The parser's own error quotes the body.
    throw new Error("the body is not JSON");
  }
}

/** Read when it is first asked for, and only then. */
function once<T>(read: () => T): () => T {
  let known: { readonly value: T } | undefined;
  return () => {
    known ??= { value: read() };
    return known.value;
  };
}

function refuse(status: number, reason: string): Verified<Received> {
  const again = status === 503 ? { headers: { "retry-after": "5" } } : {};
  return { ok: false, response: { status, ...again }, reason };
}
