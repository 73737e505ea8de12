import { createServer } from "node:http";
import type { ConnectorRuntime, WebhookRequest } from "@elizaos/connector-core";
import { afterTest, type Host, type HostOptions, host } from "./harness.js";

export const SECRET = "fake-secret_of-the-tests";
export const HEADER = "x-telegram-bot-api-secret-token";

/** An HTTP server that hands everything to a runtime, as a host does. */
export async function door() {
  let runtime: ConnectorRuntime | undefined;
  let status = 502;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    );
    const asked: WebhookRequest = {
      method: request.method ?? "",
      url: request.url ?? "",
      headers,
      body: Buffer.concat(chunks),
    };
    const answer = (await runtime?.webhook(asked)) ?? { status };
    response.writeHead(answer.status, "headers" in answer ? answer.headers : {});
    response.end("body" in answer ? answer.body : "");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  afterTest(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  return {
    url: `http://127.0.0.1:${port}`,
    /** Answers with this from here on. Default: 502, as a proxy before a dead host does. */
    close: (answer = 502) => {
      status = answer;
      runtime = undefined;
    },
    open: (next: ConnectorRuntime) => {
      runtime = next;
    },
  };
}

type Door = Awaited<ReturnType<typeof door>>;

/** A started runtime that gets its updates at `/telegram` of a door. */
export async function hooked(at: Door, options: HostOptions): Promise<Host> {
  const config = { webhookUrl: `${at.url}/telegram`, webhookSecret: SECRET, ...options.config };
  const running = await host({ ...options, config });
  at.open(running.runtime);
  await running.runtime.start();
  return running;
}

/** Brings a body as Telegram does. */
export function bring(
  at: Door,
  body: unknown,
  secret: string | null = SECRET,
  path = "/telegram",
): Promise<Response> {
  return fetch(at.url + path, {
    method: "POST",
    headers: { "content-type": "application/json", ...(secret === null ? {} : { [HEADER]: secret }) },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}
