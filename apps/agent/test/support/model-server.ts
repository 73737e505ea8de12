import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { afterThisTest } from "./cli.js";

/** What the server does with one request; the text is streamed in these pieces. */
export interface Reply {
  readonly pieces?: readonly string[];
  /** Tools that are called after the pieces; for chat completions. */
  readonly calls?: readonly { readonly name: string; readonly input: unknown }[];
  /** Default 200; everything else is an error with `error` as its text. */
  readonly status?: number;
  readonly error?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** After the pieces: `hang` keeps the answer open, `cut` drops the connection. Default: it ends as it should. */
  readonly ending?: "hang" | "cut";
  /** Default `stop`. */
  readonly finish?: string;
}

/** A request as it came over the wire. */
export interface ModelRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Readonly<Record<string, unknown>>;
  /** Resolves when the connection is closed, by whomever. */
  readonly closed: Promise<void>;
}

/**
 * A local server that stands in for the providers: OpenAI's chat completions and responses, Anthropic's messages and Google's
 * streamGenerateContent, told apart by their paths. It answers "OK" unless told otherwise.
 */
export class ModelServer {
  readonly requests: ModelRequest[] = [];
  readonly #replies: Reply[] = [];
  readonly #waiting = new Map<number, (request: ModelRequest) => void>();
  readonly origin: string;

  constructor(origin: string) {
    this.origin = origin;
  }

  /** Replies for the next requests, in order. */
  next(...replies: readonly Reply[]): void {
    this.#replies.push(...replies);
  }

  /** The request with this number, from 0; waits for it. */
  async request(number: number): Promise<ModelRequest> {
    return this.requests[number] ?? (await new Promise((resolve) => this.#waiting.set(number, resolve)));
  }

  async handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const closed = new Promise<void>((resolve) => response.once("close", resolve));
    let text = "";
    for await (const chunk of incoming.setEncoding("utf8")) text += String(chunk);
    const path = incoming.url ?? "";
    const request = { path, headers: incoming.headers, body: JSON.parse(text), closed };
    this.#waiting.get(this.requests.push(request) - 1)?.(request);
    const {
      status = 200,
      headers,
      error = "",
      calls = [],
      pieces = calls.length > 0 ? [] : ["OK"],
      ending,
      finish = calls.length > 0 ? "tool_calls" : "stop",
    } = this.#replies.shift() ?? {};
    if (status !== 200) {
      response.writeHead(status, { "content-type": "application/json", ...headers });
      response.end(
        JSON.stringify({ type: "error", error: { type: "an_error", message: error, code: status } }),
      );
      return;
    }
    response.writeHead(200, { "content-type": "text/event-stream" });
    const send = (event: unknown) =>
      response.write(`data: ${typeof event === "string" ? event : JSON.stringify(event)}\n\n`);
    const { begin, delta, call, end } = protocolOf(path);
    for (const event of begin) send(event);
    for (const piece of pieces) send(delta(piece));
    for (const [index, { name, input }] of calls.entries()) send(call?.(index, name, JSON.stringify(input)));
    if (ending === "cut") response.socket?.resetAndDestroy();
    if (ending !== undefined) return;
    for (const event of end(finish)) send(event);
    response.end();
  }
}

/** Ended after the test. */
export async function startModelServer(): Promise<ModelServer> {
  const http = createServer((incoming, response) => {
    server.handle(incoming, response).catch((error: unknown) => response.destroy(new Error(String(error))));
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  afterThisTest(() => {
    http.closeAllConnections();
    http.close();
  });
  const address = http.address();
  const server = new ModelServer(`http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`);
  return server;
}

interface Protocol {
  readonly begin: readonly unknown[];
  delta(text: string): unknown;
  call?(index: number, name: string, input: string): unknown;
  end(finish: string): readonly unknown[];
}

/** OpenAI API reference, "Chat completion chunk"; Responses API, "Streaming events"; Anthropic, "Streaming messages"; Gemini API, `streamGenerateContent`. */
function protocolOf(path: string): Protocol {
  if (path.endsWith("/chat/completions")) {
    const chunk = (delta: object, finish: string | null) => ({
      id: "chatcmpl-1",
      object: "chat.completion.chunk",
      created: 1,
      model: "m",
      choices: [{ index: 0, delta, finish_reason: finish }],
    });
    return {
      begin: [chunk({ role: "assistant", content: "" }, null)],
      delta: (content) => chunk({ content }, null),
      call: (index, name, input) =>
        chunk(
          {
            tool_calls: [
              { index, id: `call-${index}`, type: "function", function: { name, arguments: input } },
            ],
          },
          null,
        ),
      end: (finish) => [chunk({}, finish), "[DONE]"],
    };
  }
  if (path.endsWith("/responses")) {
    const response = { id: "resp_1", created_at: 1, model: "m" };
    const item = { type: "message", id: "msg_1", role: "assistant", content: [] };
    return {
      begin: [
        { type: "response.created", response },
        { type: "response.output_item.added", output_index: 0, item },
      ],
      delta: (delta) => ({ type: "response.output_text.delta", item_id: "msg_1", output_index: 0, delta }),
      end: () => [
        { type: "response.output_item.done", output_index: 0, item },
        {
          type: "response.completed",
          response: { ...response, usage: { input_tokens: 1, output_tokens: 1 } },
        },
      ],
    };
  }
  if (path.endsWith("/messages")) {
    const usage = { input_tokens: 1, output_tokens: 1 };
    return {
      begin: [
        {
          type: "message_start",
          message: { id: "msg_1", type: "message", role: "assistant", model: "m", content: [], usage },
        },
        { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
      ],
      delta: (text) => ({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } }),
      end: () => [
        { type: "content_block_stop", index: 0 },
        { type: "message_delta", delta: { stop_reason: "end_turn" }, usage },
        { type: "message_stop" },
      ],
    };
  }
  const candidate = (text: string, more: object) => ({
    candidates: [{ index: 0, content: { role: "model", parts: [{ text }] }, ...more }],
  });
  return {
    begin: [],
    delta: (text) => candidate(text, {}),
    end: () => [candidate("", { finishReason: "STOP" })],
  };
}
