import { readFileSync } from "node:fs";
import { open } from "node:fs/promises";
import {
  AuthError,
  type ConfigIssue,
  type ConnectorError,
  type Logger,
  NeedsAction,
  Transient,
} from "@elizaos/connector-core";
import type { TelegramConfig } from "./config.js";

/**
 * Telegram's own tokens look like 123456789:AA..., those of other servers need not. What could change the path of a request's
 * URL is refused; the rest is for the server to judge.
 */
export const TOKEN = /^[\w:-]*$/;

/** A token has some 50 characters; what is longer than this, in bytes, is another file. */
const MAX_BYTES = 4_096;
/** Anybody but the owner may do something with it. */
const NOT_PRIVATE = 0o077;

type TokenConfig = Pick<TelegramConfig, "botToken" | "tokenFile">;

/** What reading a token needs of a context. */
export interface TokenContext {
  secret(value: string): void;
  /** Takes a warning when others can read the file. */
  readonly log?: Logger;
}

export function tokenRules({ botToken = "", tokenFile = "" }: TokenConfig): readonly ConfigIssue[] {
  if (botToken === "" || tokenFile === "") return [];
  const message = "is there beside tokenFile, and only one of them can hold the token; take one away";
  return [{ path: "botToken", message }];
}

/**
 * The config with the token that `tokenFile` holds now. Whoever shows texts knows it as a secret from then on. Throws
 * `NeedsAction` with the path, and nothing of the content, when there is no token in it.
 */
export async function withToken<C extends TokenConfig>(
  config: C,
  { secret, log }: TokenContext,
): Promise<C & { readonly botToken: string }> {
  const { botToken = "", tokenFile = "" } = config;
  if (tokenFile === "") return { ...config, botToken };
  const { text, mode } = await read(tokenFile);
  const token = text.trim();
  if (token === "") throw unusable(tokenFile, "is empty", "Put the bot's token into it");
  secret(token);
  if (!TOKEN.test(token))
    throw unusable(
      tokenFile,
      "does not hold a bot token alone",
      "Put the bot's token into it, and nothing else",
    );
  if (process.platform !== "win32" && (mode & NOT_PRIVATE) !== 0) {
    const shown = (mode & 0o777).toString(8).padStart(4, "0");
    log?.warn(
      { tokenFile, mode: shown },
      "Others on this machine can read the file with the bot's token; close it: chmod 600",
    );
  }
  return { ...config, botToken: token };
}

/** A refused token ends the account, unless its file holds another one by now: then it is worth connecting anew. */
export function unlessRotated(config: TokenConfig, error: ConnectorError): ConnectorError {
  return error instanceof AuthError && isRotated(config)
    ? new Transient(`The bot's token was changed in ${config.tokenFile}; connecting with the new one.`)
    : error;
}

function isRotated({ botToken, tokenFile = "" }: TokenConfig): boolean {
  if (tokenFile === "") return false;
  try {
    const token = readFileSync(tokenFile, "utf8").trim();
    return token !== botToken && token !== "" && TOKEN.test(token);
  } catch {
    // Then there is no other token, and the refusal of the one in use stands.
    return false;
  }
}

async function read(path: string): Promise<{ readonly text: string; readonly mode: number }> {
  try {
    const file = await open(path, "r");
    try {
      const about = await file.stat();
      if (!about.isFile())
        throw unusable(path, "is no file", "Give the path of the file that holds the token");
      if (about.size > MAX_BYTES)
        throw unusable(path, `has ${about.size} bytes and is not the file of a token`, "Give another path");
      return { text: await file.readFile("utf8"), mode: about.mode };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof NeedsAction) throw error;
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
    if (code === "ENOENT") throw unusable(path, "is not there", "Put the bot's token into it");
    throw unusable(path, `cannot be read (${code})`, "Let the user that this host runs as read it");
  }
}

function unusable(path: string, what: string, mend: string): NeedsAction {
  return new NeedsAction(`The token file ${path} ${what}.`, {
    where: "tokenFile",
    mend: `${mend}, with mode 0600, or set botToken instead; then start again.`,
  });
}
