import type { WebhookResponse } from "../contract/connector.js";
import type { ConnectorRuntime } from "../runtime-types.js";
import { MAX_BODY_BYTES } from "./body.js";
import type { WebhookGuard } from "./guard.js";

/** Statuses that a `Response` takes no body with. */
const WITHOUT_BODY = [204, 205, 304];

const TOO_LARGE: WebhookResponse = { status: 413, body: "The body is too large" };

export interface WebhookFetchOptions {
  /** Longest body that is read, in bytes. Default 1 MiB. */
  readonly maxBodyBytes?: number;
  /** Turns floods of refused requests away before their bodies are read; see `createWebhookGuard`. Needs `client`. */
  readonly guard?: WebhookGuard;
  /** Who asks, such as the IP address; the server knows, `Request` does not. Undefined passes the guard by. */
  readonly client?: (request: Request) => string | undefined;
}

/**
 * `runtime.webhook()` for servers that speak Fetch (Hono, Next.js route handlers, Bun, Deno): takes a `Request` whose body nobody has
 * read, and resolves to its `Response` when the events are stored. It rejects only when the body breaks off, whose sender is gone then.
 * Time-outs are the server's.
 */
export function createWebhookFetch(
  runtime: Pick<ConnectorRuntime, "webhook">,
  { maxBodyBytes = MAX_BODY_BYTES, guard, client }: WebhookFetchOptions = {},
): (request: Request) => Promise<Response> {
  const take = async (request: Request): Promise<WebhookResponse> => {
    const body = await readBody(request, maxBodyBytes);
    if (body === undefined) return TOO_LARGE;
    const { pathname, search } = new URL(request.url);
    const headers = Object.fromEntries(request.headers);
    return await runtime.webhook({ method: request.method, url: `${pathname}${search}`, headers, body });
  };
  return async (request) => {
    const who = client?.(request);
    const admission = who === undefined ? undefined : guard?.enter(who);
    if (admission?.ok === false) return toResponse(admission.response);
    let status: number | undefined;
    try {
      const answer = await take(request);
      status = answer.status;
      return toResponse(answer);
    } finally {
      admission?.leave(status);
    }
  };
}

/** Undefined when it is larger than `maxBytes`; then the rest stays unread. */
async function readBody({ body, headers }: Request, maxBytes: number): Promise<Uint8Array | undefined> {
  if (Number(headers.get("content-length") ?? 0) > maxBytes) return undefined;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.byteLength;
    if (size > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function toResponse({ status, headers = {}, body }: WebhookResponse): Response {
  return new Response(WITHOUT_BODY.includes(status) ? null : (body ?? ""), { status, headers });
}
