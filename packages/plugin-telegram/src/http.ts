import type { AgentOptions, ClientRequest, Agent as HttpAgent, OutgoingHttpHeaders } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { pipeline, Readable } from "node:stream";
import { urlToHttpOptions } from "node:url";
import { Transient } from "@elizaos/connector-core";

// An import would evaluate all that the module exports, a WebSocket of 50 ms among it, wherever this connector is only looked at.
const http = process.getBuiltinModule("node:http");

/** An idle socket that the server is about to close costs the next call its outcome; ours goes first. */
const IDLE_SOCKET_MS = 30_000;
/** A download that brings nothing for so long is given up. */
const STALLED_MS = 30_000;
/** A hundred of the longest updates have some 10 MB. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

/** A call without a readable answer. Holds nothing of the request: its URL has the token, its body what people wrote. */
export class NoAnswer extends Error {
  override readonly name = "NoAnswer";
  /** False: the request never left this machine. */
  readonly isSent: boolean;

  /** @param message for people, such as an error code of the system */
  constructor(message: string, isSent: boolean) {
    super(message);
    this.isSent = isSent;
  }
}

/** The way to the server was not found: it ended at the proxy. Its message is for people and holds no credentials. */
export class ProxyFailure extends Error {
  override readonly name = "ProxyFailure";
}

/** What grammY asks of a response. */
export interface Answer {
  json(): Promise<unknown>;
}

/** What grammY says of a form, as far as it is read here. */
export interface Form {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: AsyncIterable<Uint8Array>;
  readonly signal: AbortSignal;
}

/** A file on its way. */
export interface Download {
  readonly status: number;
  readonly body: ReadableStream<Uint8Array>;
}

/** What is used of the signals of Node and of grammY's types. */
export interface CallSignal {
  readonly aborted: boolean;
  addEventListener(type: "abort", listener: () => void, options?: { readonly once?: boolean }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** Keeps its sockets, settles whatever the other side does, and retries nothing. */
export interface HttpClient {
  /** Stands in for grammY's `fetch`, which it posts forms with. Rejects with `NoAnswer` and nothing else. */
  fetch(url: string, form: Form): Promise<Answer>;
  /** Posts JSON and reads the answer's. Rejects with `NoAnswer` and nothing else. */
  post(path: string, body: string, signal: CallSignal): Promise<unknown>;
  /** Gets. Rejects with `NoAnswer` and nothing else. */
  download(
    url: string,
    signals: { readonly begin: AbortSignal; readonly signal: AbortSignal },
  ): Promise<Download>;
  /** Ends every socket, also under calls that wait. */
  close(): void;
}

export interface HttpOptions {
  /** Tries a name's IPv6 and IPv4 addresses at the same time. Default: as Node does. */
  readonly autoSelectFamily?: boolean | undefined;
  /** Makes what sockets come from. Default: straight ones. */
  readonly agent?: (settings: AgentOptions) => HttpAgent;
}

/** @param root what every URL begins with, without a slash at its end */
export function createHttpClient(
  root: string,
  { autoSelectFamily, agent: makeAgent }: HttpOptions = {},
): HttpClient {
  const { hostname, port, auth, protocol } = urlToHttpOptions(new URL(root));
  const isTls = protocol === "https:";
  const family = autoSelectFamily === undefined ? {} : { autoSelectFamily };
  const settings = { keepAlive: true, timeout: IDLE_SOCKET_MS, ...family };
  const agent = makeAgent?.(settings) ?? (isTls ? new HttpsAgent(settings) : new http.Agent(settings));
  const send = isTls ? httpsRequest : http.request;
  const server = { protocol, hostname, ...(port ? { port } : {}), ...(auth ? { auth } : {}), agent };
  const prefix = new URL(root).pathname.replace(/\/+$/, "");
  const ready = isTls ? "secureConnect" : "connect";
  const post = (path: string, headers: OutgoingHttpHeaders) =>
    send({ ...server, method: "POST", path: prefix + path, headers });
  return {
    async fetch(url, { headers, body, signal }) {
      const type = { "content-type": headers["content-type"] };
      const request = post(url.slice(root.length), type);
      const answer = answerTo(request, ready, signal);
      // A source that fails destroys the request, and the request says so.
      pipeline(Readable.from(body, { objectMode: false }), request, () => {});
      const value = await answer;
      return { json: async () => value };
    },
    post(path, body, signal) {
      const request = post(path, {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(body),
      });
      request.end(body);
      return answerTo(request, ready, signal);
    },
    download(url, { begin, signal }) {
      const request = send({ ...server, method: "GET", path: prefix + url.slice(root.length) });
      request.end();
      return fileOf(request, begin, signal);
    },
    close: () => agent.destroy(),
  };
}

/** @param ready the event after which a new socket carries bytes */
function answerTo(
  request: ClientRequest,
  ready: "connect" | "secureConnect",
  signal: CallSignal,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    let isSent = false;
    const fail = (reason: string) => {
      signal.removeEventListener("abort", cancel);
      reject(new NoAnswer(reason, isSent));
      request.destroy();
    };
    const cancel = () => fail("the call was cancelled");
    const broken = (error: NodeJS.ErrnoException) =>
      fail(error instanceof ProxyFailure ? error.message : (error.code ?? "the connection broke"));

    request.on("error", broken);
    request.once("socket", (socket) => {
      // A socket that comes through a proxy is connected already.
      if (request.reusedSocket || (ready === "connect" && !socket.connecting)) isSent = true;
      else socket.once(ready, () => (isSent = true));
    });
    request.once("response", (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size > MAX_ANSWER_BYTES) fail("the answer is too long");
      });
      response.once("error", broken);
      response.once("close", () => {
        if (!response.complete) return fail("the answer was cut off");
        signal.removeEventListener("abort", cancel);
        const value = parse(chunks);
        if (value === undefined) fail(`the answer is not JSON (HTTP ${response.statusCode})`);
        else resolve(value);
      });
    });
    if (signal.aborted) cancel();
    else signal.addEventListener("abort", cancel, { once: true });
  });
}

/** Undefined for what is not JSON. */
function parse(chunks: readonly Buffer[]): unknown {
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    return undefined;
  }
}

/** @param begin aborted when the beginning takes too long; what follows ends with `signal` */
function fileOf(request: ClientRequest, begin: AbortSignal, signal: AbortSignal): Promise<Download> {
  return new Promise((resolve, reject) => {
    const cancel = () => {
      request.destroy();
      reject(new NoAnswer("the download was cancelled", true));
    };
    const done = () => signal.removeEventListener("abort", cancel);
    request.once("error", (error: NodeJS.ErrnoException) => {
      done();
      reject(new NoAnswer(error.code ?? "the connection broke", true));
    });
    request.once("response", (response) => {
      begin.removeEventListener("abort", cancel);
      response.setTimeout(STALLED_MS, () => request.destroy());
      response.once("close", done);
      resolve({ status: response.statusCode ?? 0, body: streamOf(response) });
    });
    for (const each of [begin, signal]) {
      if (each.aborted) cancel();
      else each.addEventListener("abort", cancel, { once: true });
    }
  });
}

/** As a web stream; whatever breaks it is a `Transient`, since errors of the system may name the path. */
export function streamOf(source: Readable): ReadableStream<Uint8Array> {
  const chunks = source[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { value, done } = await chunks.next();
        if (done === true) controller.close();
        else if (value instanceof Uint8Array) controller.enqueue(value);
      } catch {
        controller.error(new Transient("The download of a file was cut off."));
      }
    },
    async cancel() {
      source.destroy();
    },
  });
}
