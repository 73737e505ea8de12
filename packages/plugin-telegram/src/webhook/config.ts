import type { Account, AccountIssue, ConfigIssue } from "@elizaos/connector-core";
import { z } from "zod";
import { DEFAULT_API_ROOT } from "../api-root.js";
import type { TelegramConfig } from "../config.js";

/** Bot API: setWebhook, secret_token. */
const SECRET = /^[A-Za-z0-9_-]{1,256}$/;
/** Bot API: setWebhook, "Ports currently supported for webhooks". */
const PORTS = ["443", "80", "88", "8443"];

const MAKE_SECRET = "make one up, such as with: openssl rand -hex 32";

export const webhookFields = {
  webhookUrl: z
    .string()
    .trim()
    .refine((text) => text === "" || isPath(text) || isAddress(text), {
      error:
        "must be the https address at which Telegram reaches this host, such as https://bot.example/telegram, or its path below the top-level publicUrl, such as /telegram",
    })
    .optional()
    .describe(
      "Receive by webhook instead of polling: the address at which Telegram reaches this host, or its path below `publicUrl`.",
    ),
  webhookSecret: z
    .string()
    .trim()
    .regex(SECRET, {
      error: `may have letters, digits, "_" and "-" only, 256 at most; ${MAKE_SECRET}`,
    })
    .optional()
    .describe(
      "What Telegram shows with every update, so that nobody else can bring any. Needed with `webhookUrl`.",
    ),
  webhookPath: z
    .string()
    .trim()
    .refine(isPath, { error: 'must begin with "/" and have no query, such as /telegram' })
    .optional()
    .describe(
      "Path at which this host listens, where a proxy changes it on the way. Default: that of `webhookUrl`.",
    ),
};

/** Where Telegram posts an account's updates, and where they arrive here; undefined for an account that polls. */
export function webhookPath({ webhookUrl = "", webhookPath }: TelegramConfig): string | undefined {
  if (webhookUrl === "") return undefined;
  return webhookPath ?? (isPath(webhookUrl) ? webhookUrl : new URL(webhookUrl).pathname);
}

/** The whole address, or undefined when `webhookUrl` is a path and nobody said below what. */
export function webhookAddress(webhookUrl: string, publicUrl: string | undefined): string | undefined {
  if (!isPath(webhookUrl)) return webhookUrl;
  return publicUrl === undefined ? undefined : publicUrl.replace(/\/+$/, "") + webhookUrl;
}

export function rules({ webhookUrl = "", webhookSecret, apiRoot }: TelegramConfig): readonly ConfigIssue[] {
  if (webhookUrl === "") return [];
  const issues: ConfigIssue[] = [];
  if (webhookSecret === undefined) {
    const message = `is missing: with webhookUrl it keeps others from bringing messages in Telegram's name; ${MAKE_SECRET}`;
    issues.push({ path: "webhookSecret", message });
  }
  // A server of one's own takes any address.
  if (apiRoot === DEFAULT_API_ROOT && !isPath(webhookUrl)) {
    const { protocol, port } = new URL(webhookUrl);
    if (protocol !== "https:")
      issues.push({
        path: "webhookUrl",
        message: "must begin with https://: Telegram posts to nothing else",
      });
    else if (port !== "" && !PORTS.includes(port))
      issues.push({
        path: "webhookUrl",
        message: `has port ${port}; Telegram posts to the ports ${PORTS.join(", ")} only`,
      });
  }
  return issues;
}

/** At one path only the secret tells whose update it is; an update itself does not say. */
export function between(accounts: readonly Account<TelegramConfig>[]): readonly AccountIssue[] {
  return accounts.flatMap(({ id, config }) => {
    const path = webhookPath(config);
    const twin = accounts.find(
      (other) =>
        other.id !== id &&
        path !== undefined &&
        webhookPath(other.config) === path &&
        other.config.webhookSecret === config.webhookSecret,
    );
    if (twin === undefined) return [];
    const message = `is also that of account "${twin.id}", whose updates arrive at ${path} as well, so that nobody could tell whose is whose; give each account a secret of its own, or a webhookUrl with another path`;
    return [{ account: id, path: "webhookSecret", message }];
  });
}

function isPath(text: string): boolean {
  return /^\/[^?#\s]*$/.test(text) && !text.startsWith("//");
}

function isAddress(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.hash === "";
}
