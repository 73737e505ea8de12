import {
  type Account,
  type Address,
  AuthError,
  type Connection,
  type ConnectionContext,
  type Features,
  type IdentifyContext,
  type Identity,
  type Limits,
  type Probe,
  Transient,
} from "@elizaos/connector-core";
import { z } from "zod";
import { type Client, createClient } from "./client.js";
import type { TelegramConfig } from "./config.js";
import { connectorError } from "./errors.js";
import { ALLOWED_UPDATES, type Bot } from "./inbound/index.js";
import { dispatch, prepare, threadOption, toChatId } from "./outbound.js";
import { poll } from "./polling.js";
import { MAX_TEXT } from "./text.js";

/** Telegram shows "typing" for 5 s or until a message comes (Bot API: sendChatAction). */
const TYPING_REFRESH_MS = 4_000;
const PROBE_LIMIT_MS = 10_000;

/** No call has an idempotency key, and a bot cannot look up what it sent; a double is better than silence. */
const REPEAT = { idempotency: { mode: "none" }, onUnknown: "resend" } as const;

export const features: Features = {
  // Updates that were not confirmed are kept for 24 hours (Bot API: "Getting updates").
  transport: { class: "redelivered", windowMs: 24 * 3_600_000 },
  operations: { send: REPEAT, edit: REPEAT, delete: REPEAT, react: REPEAT },
  typing: { refreshMs: TYPING_REFRESH_MS },
  mentions: true,
  threads: true,
};

export const limits: Limits = { text: { max: MAX_TEXT, unit: "utf16" } };

/** Asks Telegram whose token it is. */
export async function identify(
  account: Account<TelegramConfig>,
  { signal, clock }: IdentifyContext,
): Promise<Identity> {
  const client = await createClient(account.config, clock);
  try {
    const bot = await getMe(client, signal);
    return { id: bot.id, name: `@${bot.username}` };
  } finally {
    client.close();
  }
}

export async function open(
  account: Account<TelegramConfig>,
  context: ConnectionContext,
): Promise<Connection> {
  const { config } = account;
  const client = await createClient(config, context.clock);
  const closing = new AbortController();
  const signal = AbortSignal.any([context.signal, closing.signal]);
  let bot: Bot;
  try {
    bot = await getMe(client, signal);
  } catch (error) {
    client.close();
    throw error;
  }
  const { host, pathname } = new URL(config.apiRoot);
  const polling = poll({
    getUpdates: ({ limitMs, ...request }, until) =>
      client.call(
        (api, limited) =>
          api.getUpdates({ ...request, limit: 100, allowed_updates: ALLOWED_UPDATES }, limited),
        {
          signal: until,
          limitMs,
        },
      ),
    deleteWebhook: (until) =>
      client.call((api, limited) => api.deleteWebhook({ drop_pending_updates: false }, limited), {
        signal: until,
      }),
    bot,
    server: `${host}${pathname}`,
    context,
    signal,
    random: Math.random,
  });
  return {
    supports: () => ({ ...features, ...limits }),
    prepare: (operation) => prepare(operation, config),
    dispatch: (part, dispatching) => dispatch(part, dispatching, { client, context }),
    typing: (to, until) => typing(client, to, until),
    probe: (until) => probe(client, until),
    async close() {
      closing.abort();
      await polling;
      client.close();
    },
  };
}

const botSchema = z.object({ id: z.int(), username: z.string() });

async function getMe(client: Client, signal: AbortSignal, limitMs?: number): Promise<Bot> {
  let answer: unknown;
  try {
    answer = await client.call((api, limited) => api.getMe(limited), {
      signal,
      ...(limitMs === undefined ? {} : { limitMs }),
    });
  } catch (error) {
    throw connectorError(error, "getMe");
  }
  const parsed = botSchema.safeParse(answer);
  if (parsed.success) return { id: String(parsed.data.id), username: parsed.data.username };
  throw new Transient("The server answers getMe, but not with a bot.", {
    where: "getMe",
    mend: "Check that apiRoot is a Bot API server.",
  });
}

async function typing(client: Client, to: Address, signal: AbortSignal): Promise<void> {
  try {
    await client.call(
      (api, limited) => api.sendChatAction(toChatId(to.chat), "typing", threadOption(to.thread), limited),
      { signal },
    );
  } catch (error) {
    throw connectorError(error, "sendChatAction");
  }
}

async function probe(client: Client, signal: AbortSignal): Promise<Probe> {
  try {
    const bot = await getMe(client, signal, PROBE_LIMIT_MS);
    return { status: "ok", detail: `@${bot.username}` };
  } catch (error) {
    const reason = error instanceof Error ? error.message : "unknown error";
    return { status: error instanceof AuthError ? "unauthorised" : "unreachable", reason };
  }
}
