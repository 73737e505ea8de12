import type { WebhookInfo } from "@grammyjs/types";
import { z } from "zod";
import { ApiError, badRequest } from "../errors.js";
import { bool, integer, json, text } from "../params.js";
import { DEFAULT_MAX_CONNECTIONS, type WebhookSettings } from "../webhook.js";
import { Described, method } from "./method.js";

const MAX_SECRET_LENGTH = 256;
const MAX_CONNECTIONS = 100;
const MAX_LIMIT = 100;

/** A list that cannot be read leaves the setting as it is (telegram-bot-api, get_allowed_update_types). */
const allowedUpdates = json(z.array(z.string()), "allowed_updates").optional().catch(undefined);

export const getUpdates = method(
  "getUpdates",
  {
    offset: integer.optional(),
    limit: integer.optional(),
    timeout: integer.optional(),
    allowed_updates: allowedUpdates,
  },
  ({ bot, gone }, { offset = 0, limit = MAX_LIMIT, timeout = 0, allowed_updates }) => {
    if (bot.webhook !== undefined) {
      throw new ApiError(
        409,
        "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
      );
    }
    bot.updates.allow(allowed_updates);
    return bot.updates.poll({
      offset,
      limit: Math.min(Math.max(limit, 1), MAX_LIMIT),
      timeoutSeconds: timeout,
      gone,
    });
  },
);

/** Like a local Bot API server, it also takes http, but only to this machine. */
export const setWebhook = method(
  "setWebhook",
  {
    url: text.default(""),
    certificate: text.optional(),
    ip_address: text.optional(),
    max_connections: integer.optional(),
    allowed_updates: allowedUpdates,
    drop_pending_updates: bool.optional(),
    secret_token: text.optional(),
  },
  ({ bot, call }, params) => {
    const { url, secret_token: secretToken = "", allowed_updates, drop_pending_updates = false } = params;
    const hadWebhook = bot.webhook !== undefined;
    if (drop_pending_updates) bot.updates.clear();
    if (url === "") {
      bot.setWebhook(undefined);
      return new Described(true, hadWebhook ? "Webhook was deleted" : "Webhook is already deleted");
    }
    checkUrl(url);
    if (secretToken.length > MAX_SECRET_LENGTH) throw badRequest("secret token is too long");
    if (!/^[A-Za-z0-9_-]*$/.test(secretToken)) throw badRequest("secret token contains unallowed characters");
    bot.updates.allow(allowed_updates);
    const connections = params.max_connections ?? DEFAULT_MAX_CONNECTIONS;
    const settings: WebhookSettings = {
      url,
      maxConnections: Math.min(Math.max(connections, 1), MAX_CONNECTIONS),
    };
    if (secretToken !== "") settings.secretToken = secretToken;
    if (params.ip_address !== undefined) settings.ipAddress = params.ip_address;
    const same = !drop_pending_updates && JSON.stringify(bot.webhook?.settings) === JSON.stringify(settings);
    if (same) return new Described(true, "Webhook is already set");
    bot.setWebhook(settings, call);
    return new Described(true, "Webhook was set");
  },
);

export const deleteWebhook = method(
  "deleteWebhook",
  { drop_pending_updates: bool.optional() },
  ({ bot }, { drop_pending_updates }) => {
    const hadWebhook = bot.webhook !== undefined;
    if (drop_pending_updates === true) bot.updates.clear();
    bot.setWebhook(undefined);
    return new Described(true, hadWebhook ? "Webhook was deleted" : "Webhook is already deleted");
  },
);

export const getWebhookInfo = method("getWebhookInfo", {}, ({ bot }) => {
  const { settings, lastError } = bot.webhook ?? {};
  const allowed = bot.updates.allowed;
  const info: Omit<WebhookInfo, "url" | "allowed_updates"> & { url: string; allowed_updates?: string[] } = {
    url: settings?.url ?? "",
    has_custom_certificate: false,
    pending_update_count: bot.updates.pending.length,
  };
  if (settings !== undefined) {
    info.max_connections = settings.maxConnections;
    info.ip_address = settings.ipAddress ?? "<unknown>";
  }
  if (lastError !== undefined) {
    info.last_error_date = Math.floor(lastError.at / 1000);
    info.last_error_message = lastError.message;
  }
  if (allowed !== undefined) info.allowed_updates = allowed;
  return info;
});

function checkUrl(url: string): void {
  const parsed = URL.parse(url);
  if (parsed === null) throw badRequest("invalid webhook URL specified");
  const isLoopback = ["127.0.0.1", "localhost", "[::1]"].includes(parsed.hostname);
  if (parsed.protocol !== "https:" && !(parsed.protocol === "http:" && isLoopback)) {
    throw badRequest("bad webhook: An HTTPS URL must be provided for webhook");
  }
}
