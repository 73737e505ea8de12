import type { Clock } from "@elizaos/connector-core";
import type { Api } from "grammy";
import type { TelegramConfig } from "./config.js";
import { TimeLimitExceeded } from "./errors.js";
import { createHttpClient, type Download } from "./http.js";
import { transport } from "./transport.js";

/** grammY's own limit is a last resort far above ours, which runs on the host's clock. */
const BACKSTOP_SECONDS = 500;

/** The signal that grammY's methods take. */
export type GrammySignal = NonNullable<Parameters<Api["getMe"]>[0]>;

export interface CallOptions {
  readonly signal: AbortSignal;
  /** ms. Default: `timeoutSeconds` of the config. */
  readonly limitMs?: number;
}

/** grammY's API client with sockets of its own. It retries nothing. */
export interface Client {
  /** Makes one call within its time limit. Throws what grammY throws, or `TimeLimitExceeded`. */
  call<T>(run: (api: Api, signal: GrammySignal) => Promise<T>, options: CallOptions): Promise<T>;
  /**
   * Gets a file's bytes; the limit is for their beginning. Throws `NoAnswer` or `TimeLimitExceeded`.
   *
   * @param path below the API's root
   */
  download(path: string, options: CallOptions): Promise<Download>;
  /** Ends every socket. */
  close(): void;
}

export async function createClient(config: TelegramConfig, clock: Clock): Promise<Client> {
  // grammY for any runtime: without the HTTP client of its Node build, which costs more than all the rest.
  const { Api, InputFile } = await import("grammy/web");
  const { proxy, network } = config;
  const openProxy =
    proxy === undefined ? undefined : await (await import("./proxy/index.js")).proxyAgents(proxy);
  const http = createHttpClient(config.apiRoot, {
    autoSelectFamily: network?.autoSelectFamily,
    ...(openProxy === undefined ? {} : { agent: openProxy }),
  });
  const token = config.botToken ?? "";
  const api = new Api(token, {
    apiRoot: config.apiRoot,
    timeoutSeconds: Math.max(BACKSTOP_SECONDS, config.timeoutSeconds * 2),
    sensitiveLogs: false,
    fetch: http.fetch,
  });
  api.config.use(transport({ http, token, InputFile }));
  /** Ends the work when its time is over. */
  async function within<T>(
    run: (signal: AbortSignal) => Promise<T>,
    { signal, limitMs = config.timeoutSeconds * 1000 }: CallOptions,
  ): Promise<T> {
    const ending = new AbortController();
    const end = () => ending.abort();
    let isOver = false;
    const cancel = clock.after(limitMs, () => {
      isOver = true;
      end();
    });
    if (signal.aborted) end();
    signal.addEventListener("abort", end, { once: true });
    try {
      return await run(ending.signal);
    } catch (error) {
      if (isOver && !signal.aborted) throw new TimeLimitExceeded(limitMs, error);
      throw error;
    } finally {
      cancel();
      signal.removeEventListener("abort", end);
    }
  }
  return {
    call: (run, options) => within((limited) => run(api, forGrammy(limited)), options),
    download: (path, options) =>
      within(
        (limited) => http.download(config.apiRoot + path, { begin: limited, signal: options.signal }),
        options,
      ),
    close: () => http.close(),
  };
}

function forGrammy(signal: AbortSignal): GrammySignal {
  if (isForGrammy(signal)) return signal;
  throw new Error("this runtime's AbortSignal is no event target");
}

/** grammY takes whatever has this method (core/client.ts, validateSignal); its types name the signals of one package. */
function isForGrammy(signal: AbortSignal): signal is AbortSignal & GrammySignal {
  return typeof signal.addEventListener === "function";
}
