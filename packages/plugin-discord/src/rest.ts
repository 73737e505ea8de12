import type { REST, RequestData, RouteLike } from "@discordjs/rest";
import type { Clock, ConnectorError } from "@elizaos/connector-core";
import type { DiscordConfig } from "./config.js";
import { tokenOf } from "./config.js";
import { TimeLimitExceeded, toConnectorError } from "./errors.js";
import { type Connect, connectThrough } from "./proxy/connect.js";

/** The API version that routes and payloads are written for. */
const VERSION = "10";
/** Core gives a call two minutes; files take their time. */
const UPLOAD_LIMIT_MS = 110_000;

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface RestCall
  extends Pick<RequestData, "appendToFormData" | "body" | "files" | "query" | "reason"> {
  /** Names the call in errors, logs and paces, such as `POST channel messages`. */
  readonly call: string;
  readonly method: Method;
  readonly route: RouteLike;
  readonly signal: AbortSignal;
  /** Making it twice does no harm: then a call of unknown outcome did not happen. Default: GET, PUT and DELETE. */
  readonly isRepeatable?: boolean;
  /** The address says who asks, by the token of an interaction: a refusal of it says nothing of the bot's. */
  readonly isUnsigned?: boolean;
  /** ms. Default: `timeoutSeconds` of the config, more for files. */
  readonly limitMs?: number;
}

/** What is read of an answer to `fetch`. */
export interface FetchAnswer {
  readonly ok: boolean;
  readonly status: number;
  readonly body: ReadableStream<Uint8Array> | null;
  json(): Promise<unknown>;
}

/** Discord's REST API for one account. Retries nothing: core does, and knows what may be repeated. */
export interface Rest {
  /** Throws the contract's errors. */
  call(call: RestCall): Promise<unknown>;
  /** Gets from elsewhere, such as files; as `fetch` does. */
  fetch(
    url: string,
    request: { readonly headers?: Record<string, string>; readonly signal: AbortSignal },
  ): Promise<FetchAnswer>;
  /** Leads the gateway's sockets through the proxy; undefined where there is none. */
  readonly connect: Connect | undefined;
  /** The SDK's own client, for those of its parts that need one. */
  sdk(): REST;
  /** Ends its timers. */
  close(): void;
}

export interface RestOptions {
  readonly config: DiscordConfig;
  readonly clock: Clock;
  /** Called when Discord refuses the token. */
  readonly onUnauthorised?: (error: ConnectorError) => void;
}

export async function createRest({ config, clock, onUnauthorised }: RestOptions): Promise<Rest> {
  const { REST: Manager, RequestMethod } = await import("@discordjs/rest");
  const methods = {
    GET: RequestMethod.Get,
    POST: RequestMethod.Post,
    PUT: RequestMethod.Put,
    PATCH: RequestMethod.Patch,
    DELETE: RequestMethod.Delete,
  } as const;
  const token = tokenOf(config);
  const way = config.proxy === undefined ? undefined : await openWay(config.proxy);
  let manager: REST | undefined;
  // After any 401 the SDK forgets its token, and later calls fail for that: it is made anew.
  const current = () => {
    manager ??= new Manager({
      version: VERSION,
      api: config.apiRoot,
      retries: 0,
      // Who waits, and for how long, is core's to decide: it must not look like a call under way.
      rejectOnRateLimit: () => true,
      timeout: UPLOAD_LIMIT_MS * 2,
      offset: 0,
      ...(way && { agent: way.dispatcher }),
    }).setToken(token);
    return manager;
  };
  return {
    async call({ call, method, route, signal, isRepeatable, isUnsigned = false, limitMs, ...request }) {
      const safe = isRepeatable ?? (method !== "POST" && method !== "PATCH");
      const limit =
        limitMs ?? (request.files === undefined ? config.timeoutSeconds * 1_000 : UPLOAD_LIMIT_MS);
      try {
        return await within(limit, clock, signal, (until) =>
          current().request({
            ...request,
            method: methods[method],
            fullRoute: route,
            auth: !isUnsigned,
            signal: until,
          }),
        );
      } catch (error) {
        const failure = toConnectorError(error, { call, isRepeatable: safe, isUnsigned });
        if (failure.code === "auth") {
          manager = undefined;
          onUnauthorised?.(failure);
        }
        throw failure;
      }
    },
    fetch: way?.fetch ?? fetch,
    connect: way?.connect,
    sdk: current,
    close() {
      manager?.clearHandlerSweeper();
      manager?.clearHashSweeper();
      manager = undefined;
      void way?.dispatcher.destroy();
    },
  };
}

/** Loads what leads through a proxy. */
async function openWay(proxy: string) {
  const [undici, { proxyDispatcher }] = await Promise.all([
    import("undici"),
    import("./proxy/dispatcher.js"),
  ]);
  const connect = await connectThrough(proxy);
  const dispatcher = proxyDispatcher(connect);
  const get: Rest["fetch"] = (url, request) => undici.fetch(url, { ...request, dispatcher });
  return { connect, dispatcher, fetch: get };
}

/** Ends the work when its time is over. */
async function within<T>(
  limitMs: number,
  clock: Clock,
  signal: AbortSignal,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const ending = new AbortController();
  let isOver = false;
  const cancel = clock.after(limitMs, () => {
    isOver = true;
    ending.abort();
  });
  const end = () => ending.abort(signal.reason);
  signal.addEventListener("abort", end, { once: true });
  try {
    return await run(ending.signal);
  } catch (error) {
    if (isOver && !signal.aborted) throw new TimeLimitExceeded(limitMs);
    throw error;
  } finally {
    cancel();
    signal.removeEventListener("abort", end);
  }
}
