import {
  type Account,
  type Address,
  AuthError,
  type Connection,
  type ConnectionContext,
  type ConnectorError,
  type Features,
  type IdentifyContext,
  type Identity,
  type Limits,
  type Probe,
  proxySecrets,
} from "@elizaos/connector-core";
import { actionsAt, type Request } from "./actions/index.js";
import { DEFAULT_API_ROOT } from "./api-root.js";
import { buttonsFeature } from "./buttons.js";
import { type Client, createClient } from "./client.js";
import type { TelegramConfig } from "./config.js";
import { Drafts, draftFeature } from "./draft.js";
import { connectorError } from "./errors.js";
import { identityOf } from "./identity.js";
import { threadOption, toChatId } from "./ids.js";
import { byPolling, byWebhook, type Intake, type IntakeOptions } from "./intake.js";
import { getMe } from "./me.js";
import { download } from "./media/download.js";
import { INBOUND, limitsAt, OUTBOUND } from "./media/limits.js";
import { menuCalls } from "./menu/calls.js";
import { keepMenus } from "./menu/keeper.js";
import { scopedMenus } from "./menu/scopes.js";
import { dispatch, prepare } from "./outbound.js";
import { readNews } from "./polls.js";
import { unlessRotated, withToken } from "./token-file.js";

/** Telegram shows "typing" for 5 s or until a message comes (Bot API: sendChatAction). */
const TYPING_REFRESH_MS = 4_000;
const PROBE_LIMIT_MS = 10_000;

/** No call has an idempotency key, and a bot cannot look up what it sent; a double is better than silence. */
const REPEAT = { idempotency: { mode: "none" }, onUnknown: "resend" } as const;

export const features: Features = {
  // Updates that were not confirmed are kept for 24 hours (Bot API: "Getting updates").
  transport: { class: "redelivered", windowMs: 24 * 3_600_000 },
  operations: { send: REPEAT, edit: REPEAT, delete: REPEAT, react: REPEAT, action: REPEAT },
  typing: { refreshMs: TYPING_REFRESH_MS },
  draft: draftFeature,
  mentions: true,
  threads: true,
  events: ["edited", "lifecycle", "command", "button", "vote"],
  buttons: buttonsFeature,
  media: { inbound: INBOUND, outbound: OUTBOUND },
};

export const limits: Limits = limitsAt(DEFAULT_API_ROOT);

/** Asks Telegram whose token it is. */
export async function identify(
  account: Account<TelegramConfig>,
  context: IdentifyContext,
): Promise<Identity> {
  const { proxy } = account.config;
  for (const secret of proxySecrets(proxy)) context.secret(secret);
  const config = await withToken(account.config, context);
  const client = await createClient(config, context.clock);
  try {
    const bot = await getMe(client, context.signal);
    return identityOf(bot);
  } finally {
    client.close();
  }
}

export async function open(account: Account<TelegramConfig>, opened: ConnectionContext): Promise<Connection> {
  const config = await withToken(account.config, { secret: opened.secret });
  const fail = (error: ConnectorError) => opened.fail(unlessRotated(config, error));
  const client = await createClient(config, opened.clock);
  const closing = new AbortController();
  const signal = AbortSignal.any([opened.signal, closing.signal]);
  const menu = keepMenus({
    wanted: scopedMenus(config, opened.commands),
    calls: menuCalls(client),
    context: opened,
    signal,
    random: Math.random,
  });
  let isInTrouble = false;
  const context: ConnectionContext = {
    ...opened,
    fail,
    status(status) {
      opened.status(status);
      isInTrouble = status.state !== "online";
      if (!isInTrouble) menu.begin();
    },
  };
  const limitsHere = limitsAt(config.apiRoot);
  const intake: IntakeOptions = {
    config,
    client,
    context,
    signal,
  };
  let receiving: Intake;
  try {
    receiving = await (config.webhookUrl ? byWebhook(intake, config.webhookUrl) : byPolling(intake));
  } catch (error) {
    client.close();
    throw error;
  }
  if (!isInTrouble) menu.begin();
  /** A call that finds the token refused ends the connection. */
  const noticing = async <T>(call: Promise<T>): Promise<T> => {
    try {
      return await call;
    } catch (error) {
      if (!(error instanceof AuthError)) throw error;
      fail(error);
      throw unlessRotated(config, error);
    }
  };
  const request: Request = (method, run, until) =>
    noticing(
      client
        .call((api, limited) => run(api.raw, limited), { signal: until })
        .catch((error: unknown) => {
          throw connectorError(error, method);
        }),
    );
  const drafts = new Drafts(config, { client, context, clock: context.clock });
  return {
    supports: (to) => ({ ...features, draft: drafts.featureAt(to), ...limitsHere }),
    prepare: (operation) => prepare(operation, config),
    dispatch: (part, dispatching) => noticing(dispatch(part, dispatching, { client, context })),
    actions: (to) => actionsAt(to, { config, request, context }),
    read: (unread) => readNews(unread, context),
    draft: (draft, until) => drafts.show(draft, until),
    download: (attachment, until) => download(attachment, until, { client, config }),
    typing: (to, until) => typing(client, to, until),
    async probe(until) {
      const found = await probe(client, receiving, until);
      if (found.status !== "unauthorised") return found;
      const refused = new AuthError(found.reason);
      if (unlessRotated(config, refused) === refused) return found;
      fail(refused);
      return { status: "unreachable", reason: found.reason };
    },
    async close() {
      closing.abort();
      await Promise.all([receiving.end(), menu.ended()]);
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
