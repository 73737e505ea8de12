import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { WebhookRequest, WebhookResponse } from "../contract/connector.js";
import { ConfigError } from "../contract/errors.js";
import type { WebhookPath } from "../runtime-types.js";
import { drain, MAX_BODY_BYTES, readBody } from "./body.js";
import { clientOf } from "./client-address.js";
import type { WebhookGuard } from "./guard.js";

/** Headers, and the whole request, are there within these times or the connection ends. */
const HEADERS_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 10_000;
const CHECK_TIMEOUTS_MS = 1_000;
/** Longer than proxies keep idle connections (nginx: 60 s), so that they close them and never write into a closed one. */
const KEEP_ALIVE_MS = 75_000;
const MAX_CONNECTIONS = 1_000;
/** On closing, answers under way have this long; they wait for a commit only. */
const CLOSE_LIMIT_MS = 300;

export interface WebhookListenerOptions {
  /** 0 for a free one. */
  readonly port: number;
  /** Address to listen on. */
  readonly bind: string;
  /** What the operator sets them with, for errors. */
  readonly settings: { readonly port: string; readonly bind: string };
  readonly paths: readonly WebhookPath[];
  readonly guard: WebhookGuard;
  /** Never rejects. */
  handle(request: WebhookRequest): Promise<WebhookResponse>;
}

/** A door for platforms that serves nothing else, so that a tunnel to it publishes nothing else. */
export interface WebhookListener {
  /** `http://ADDRESS:PORT` */
  readonly url: string;
  /** Lets answers under way finish, for a moment. */
  close(): Promise<void>;
}

/** @throws ConfigError when the address or port cannot be had */
export async function openWebhookListener(options: WebhookListenerOptions): Promise<WebhookListener> {
  const { port, bind } = options;
  const paths = new Map(options.paths.map((each) => [each.path, each]));
  const server = createServer(
    {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: CHECK_TIMEOUTS_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
    },
    (request, response) => void answer(request, response, paths, options),
  );
  server.maxConnections = MAX_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(listenProblem(options, error)));
    server.listen(port, bind, () => resolve());
  });
  const address = server.address();
  const used = address !== null && typeof address === "object" ? address.port : port;
  return {
    url: `http://${bind.includes(":") ? `[${bind}]` : bind}:${used}`,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), CLOSE_LIMIT_MS);
      await closed;
      clearTimeout(timer);
    },
  };
}

/** Never rejects. */
async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  paths: ReadonlyMap<string, WebhookPath>,
  { guard, handle }: WebhookListenerOptions,
): Promise<void> {
  const { method = "", url = "", headers, socket } = request;
  const admission = guard.enter(
    clientOf({ address: socket.remoteAddress, forwardedFor: single(headers["x-forwarded-for"]) }),
  );
  if (!admission.ok) return await refuse(request, response, admission.response);
  let status: number | undefined;
  try {
    const path = paths.get(url.split("?", 1)[0] ?? "");
    const early =
      path === undefined ? NOT_FOUND : path.methods.includes(method) ? undefined : notAllowed(path);
    const body = early === undefined ? await readBody(request, MAX_BODY_BYTES) : undefined;
    const refusal = body === "too large" ? TOO_LARGE : early;
    if (refusal !== undefined) {
      status = refusal.status;
      return await refuse(request, response, refusal);
    }
    if (body === undefined || body === "too large") return;
    const result = await handle({ method, url, headers: textOf(headers), body });
    status = result.status;
    writeHead(response, result).end(result.body);
  } finally {
    admission.leave(status);
  }
}

const NOT_FOUND: WebhookResponse = { status: 404, body: "Not found" };
const TOO_LARGE: WebhookResponse = {
  status: 413,
  body: `The body may have ${MAX_BODY_BYTES} bytes at most`,
};

function notAllowed({ methods }: WebhookPath): WebhookResponse {
  return { status: 405, headers: { allow: methods.join(", ") }, body: "Method not allowed" };
}

/** An answer before the request was read. The connection ends with it, when its sender had time to read it. */
async function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  refusal: WebhookResponse,
): Promise<void> {
  writeHead(response, { ...refusal, headers: { ...refusal.headers, connection: "close" } }).write(
    refusal.body ?? "",
  );
  await drain(request);
  response.end();
}

function writeHead(
  response: ServerResponse,
  { status, headers, body = "" }: WebhookResponse,
): ServerResponse {
  return response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) });
}

function textOf(headers: IncomingMessage["headers"]): Readonly<Record<string, string>> {
  const texts: Record<string, string> = {};
  for (const name in headers) {
    const value = single(headers[name]);
    if (value !== undefined) texts[name] = value;
  }
  return texts;
}

function single(value: string | string[] | undefined): string | undefined {
  return typeof value === "object" ? value.join(", ") : value;
}

function listenProblem({ port, bind, settings }: WebhookListenerOptions, error: Error): ConfigError {
  const where = `${bind}:${port}`;
  const code = "code" in error ? error.code : undefined;
  const issue =
    code === "EADDRINUSE"
      ? {
          path: settings.port,
          message: `${where} is in use by another program. Stop it, or set ${settings.port} to another port and lead your proxy or tunnel there.`,
        }
      : code === "EADDRNOTAVAIL" || code === "ENOTFOUND"
        ? {
            path: settings.bind,
            message: `this machine has no address ${bind}. Use 127.0.0.1 behind a proxy or tunnel on this machine, 0.0.0.0 for every address.`,
          }
        : { path: settings.port, message: `cannot listen on ${where}: ${reasonOf(error, code)}.` };
  return new ConfigError([issue], { cause: error });
}

function reasonOf({ message }: Error, code: unknown): string {
  return code === "EACCES" ? "permission denied" : message;
}
