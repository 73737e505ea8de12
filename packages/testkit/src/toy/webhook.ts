import { createHmac, timingSafeEqual } from "node:crypto";
import type {
  Account,
  Delivery,
  Logger,
  Verified,
  VerifyContext,
  Webhook,
  WebhookRequest,
} from "@elizaos/connector-core";
import { z } from "zod";
import type { ToyConfig } from "./config.js";
import { type Read, read } from "./inbound.js";
import { wireWebhook } from "./wire.js";

/** A signature older or newer than this may be a replay. */
const TOLERANCE_MS = 5 * 60_000;

/** A request whose signature holds, and the accounts that its signer may bring events to. */
interface Batch {
  readonly delivery: string;
  readonly events: readonly unknown[];
  readonly accounts: readonly Account<ToyConfig>[];
  readonly log: Logger;
}

export const webhook: Webhook<ToyConfig, Batch> = {
  path: ({ transport, webhookPath }) => (transport === "webhook" ? webhookPath : undefined),
  verify,
  parse: ({ events, accounts, log, delivery }) => {
    const known = events.flatMap((raw, index): Read[] => {
      const one = read(raw);
      if (one === undefined)
        log.warn({ delivery, index }, "an event was left out: it is not one that this connector knows");
      return one === undefined ? [] : [one];
    });
    return accounts.flatMap((account) => {
      const own = known.filter((each) => each.account === botOf(account));
      return own.length === 0 ? [] : [toDelivery(account.id, own)];
    });
  },
  reply: () => ({ status: 200, body: "ok" }),
};

function verify(
  request: WebhookRequest,
  all: readonly Account<ToyConfig>[],
  { clock, log }: VerifyContext,
): Verified<Batch> {
  const at = request.headers["toy-timestamp"] ?? "";
  const accounts = all.filter(
    ({ config }) => config.webhookSecret !== undefined && isSigned(request, at, config.webhookSecret),
  );
  if (accounts.length === 0) return refuse(401, "the signature is missing or wrong");
  // Checked after the signature, which covers the time.
  if (!(Math.abs(clock.now() - Number(at) * 1_000) <= TOLERANCE_MS))
    return refuse(401, "the signature is too old or from the future");
  const body = wireWebhook.safeParse(parseJson(request.body));
  if (!body.success) return refuse(400, "the body is not a webhook's");
  if (body.data.type === "challenge")
    return { ok: false, response: { status: 200, body: body.data.challenge }, reason: "challenge" };
  const { delivery, events } = body.data;
  const known = new Set(accounts.map(botOf));
  if (!events.some((event) => known.has(accountOf(event))))
    return refuse(404, "no event is for an account of ours");
  return { ok: true, value: { delivery, events, accounts, log } };
}

function isSigned({ headers, body }: WebhookRequest, at: string, secret: string): boolean {
  const expected = Buffer.from(
    `v1=${createHmac("sha256", secret).update(`${at}.`).update(body).digest("hex")}`,
  );
  const given = Buffer.from(headers["toy-signature"] ?? "");
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function toDelivery(account: string, own: readonly Read[]): Delivery {
  const readings = own.map(({ reading }) => reading);
  return {
    account,
    events: readings.flatMap((each) => (each.type === "event" ? [each.event] : [])),
    receipts: readings.flatMap((each) => (each.type === "receipt" ? [each.receipt] : [])),
    aliases: readings.flatMap((each) => (each.type === "alias" ? [{ old: each.old, now: each.now }] : [])),
  };
}

function refuse(status: number, reason: string): Verified<Batch> {
  return { ok: false, response: { status }, reason };
}

function botOf({ config }: Account<ToyConfig>): string | undefined {
  return config.token?.split(":", 1)[0];
}

function accountOf(event: unknown): string | undefined {
  const named = z.object({ account: z.string() }).safeParse(event);
  return named.success ? named.data.account : undefined;
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    // Undefined fits no schema: refused as a body that is not a webhook's.
    return undefined;
  }
}
