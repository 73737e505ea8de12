import { type ConnectionContext, NeedsAction, type Probe } from "@elizaos/connector-core";
import { answerQuery } from "./answer-query.js";
import type { Client } from "./client.js";
import type { TelegramConfig } from "./config.js";
import { connectorError } from "./errors.js";
import { allowedUpdates } from "./inbound/index.js";
import { getMe } from "./me.js";
import { poll } from "./polling.js";
import { readNews } from "./polls.js";
import { notePrivacyMode } from "./privacy.js";
import { webhookAddress } from "./webhook/config.js";
import { keepWebhook } from "./webhook/keeper.js";

/** Updates that Telegram posts at once; its own default (Bot API: setWebhook). */
const MAX_CONNECTIONS = 40;
/** Core gives a connection 1 s to close. */
const REMOVE_LIMIT_MS = 800;

export interface IntakeOptions {
  readonly config: TelegramConfig;
  readonly client: Client;
  readonly context: ConnectionContext;
  readonly signal: AbortSignal;
}

/** How updates come in. */
export interface Intake {
  /** What is known beyond that the token is good. Throws what grammY throws. */
  probe?(signal: AbortSignal): Promise<Probe>;
  /** After the signal was aborted. Never rejects. */
  end(): Promise<void>;
}

export async function byPolling({ config, client, context, signal }: IntakeOptions): Promise<Intake> {
  const bot = await getMe(client, signal);
  notePrivacyMode(bot, config, context);
  const { host, pathname } = new URL(config.apiRoot);
  const polling = poll({
    getUpdates: ({ limitMs, ...request }, until) =>
      client.call(
        (api, limited) =>
          api.getUpdates({ ...request, limit: 100, allowed_updates: allowedUpdates(config) }, limited),
        { signal: until, limitMs },
      ),
    answer: (query) => void answerQuery(client, query, signal, context.log),
    pollNews: (news) => readNews(news, context),
    deleteWebhook: (until) => deleteWebhook(client, until),
    bot,
    server: `${host}${pathname}`,
    context,
    signal,
    random: Math.random,
  });
  return { end: () => polling };
}

export async function byWebhook(
  { config, client, context, signal }: IntakeOptions,
  webhookUrl: string,
): Promise<Intake> {
  const url = webhookAddress(webhookUrl, context.publicUrl);
  if (url === undefined) {
    throw new NeedsAction(`webhookUrl is the path ${webhookUrl}, and nothing says below what.`, {
      where: "webhookUrl",
      mend: "Set publicUrl at the top of the config, or give webhookUrl as a whole https address.",
    });
  }
  notePrivacyMode(await getMe(client, signal), config, context);
  const keeper = await keepWebhook({
    url,
    setWebhook: (until) =>
      client.call(
        (api, limited) =>
          api.setWebhook(
            url,
            {
              ...(config.webhookSecret === undefined ? {} : { secret_token: config.webhookSecret }),
              allowed_updates: allowedUpdates(config),
              max_connections: MAX_CONNECTIONS,
              drop_pending_updates: false,
            },
            limited,
          ),
        { signal: until },
      ),
    getWebhookInfo: (until) => client.call((api, limited) => api.getWebhookInfo(limited), { signal: until }),
    context,
    signal,
    random: Math.random,
  });
  return {
    probe: keeper.probe,
    async end() {
      await keeper.ended;
      await removeWebhook(client, context);
    },
  };
}

function deleteWebhook(client: Client, signal: AbortSignal, limitMs?: number): Promise<unknown> {
  return client.call((api, limited) => api.deleteWebhook({ drop_pending_updates: false }, limited), {
    signal,
    ...(limitMs === undefined ? {} : { limitMs }),
  });
}

/** Telegram keeps what comes from here on (24 hours; Bot API: "Getting updates"), instead of trying an address where nobody is. */
async function removeWebhook(client: Client, { log }: ConnectionContext): Promise<void> {
  try {
    await deleteWebhook(client, new AbortController().signal, REMOVE_LIMIT_MS);
  } catch (error) {
    const failed = connectorError(error, "deleteWebhook");
    const reason = failed instanceof Error ? failed.message : "unknown error";
    log.warn(
      { reason },
      "The webhook could not be removed; Telegram goes on trying it and keeps its updates",
    );
  }
}
