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
} from "@elizaos/connector-core";
import { type Client, createClient } from "./client.js";
import type { TelegramConfig } from "./config.js";
import { draftFeature, draftFeatureAt, showDraft } from "./draft.js";
import { connectorError } from "./errors.js";
import { identityOf } from "./identity.js";
import { byPolling, byWebhook, type Intake, type IntakeOptions } from "./intake.js";
import { getMe } from "./me.js";
import { dispatch, prepare, threadOption, toChatId } from "./outbound.js";
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
  draft: draftFeature,
  mentions: true,
  threads: true,
  events: ["edited", "lifecycle"],
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
    return identityOf(bot);
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
  const intake: IntakeOptions = {
    config,
    client,
    context,
    signal: AbortSignal.any([context.signal, closing.signal]),
  };
  let receiving: Intake;
  try {
    receiving = await (config.webhookUrl ? byWebhook(intake, config.webhookUrl) : byPolling(intake));
  } catch (error) {
    client.close();
    throw error;
  }
  return {
    supports: (to) => ({ ...features, draft: draftFeatureAt(to), ...limits }),
    prepare: (operation) => prepare(operation, config),
    dispatch: (part, dispatching) => dispatch(part, dispatching, { client, context }),
    draft: (draft, until) => showDraft(draft, until, config, { client, context }),
    typing: (to, until) => typing(client, to, until),
    probe: (until) => probe(client, receiving, until),
    async close() {
      closing.abort();
      await receiving.end();
      client.close();
    },
  };
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

async function probe(client: Client, intake: Intake, signal: AbortSignal): Promise<Probe> {
  try {
    const bot = await getMe(client, signal, PROBE_LIMIT_MS);
    const more = await intake.probe?.(signal);
    if (more !== undefined && more.status !== "ok") return more;
    return { status: "ok", detail: [`@${bot.username}`, more?.detail].filter(Boolean).join(", ") };
  } catch (error) {
    const failed = connectorError(error, "getWebhookInfo");
    const reason = failed instanceof Error ? failed.message : "unknown error";
    return { status: failed instanceof AuthError ? "unauthorised" : "unreachable", reason };
  }
}
