import { type AgentOptions, type ClientRequest, Agent as HttpAgent, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { pipeline, Readable } from "node:stream";
import { urlToHttpOptions } from "node:url";

/** An idle socket that the server is about to close costs the next call its outcome; ours goes first. */
const IDLE_SOCKET_MS = 30_000;
/** A hundred of the longest updates have some 10 MB. In UTF-16 units. */
const MAX_ANSWER_LENGTH = 32 * 1024 * 1024;

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

/** What grammY says of a request, as far as it is read here. */
export interface Call {
  readonly headers: Readonly<Record<string, string>>;
  /** Chunks for uploads. */
  readonly body: string | AsyncIterable<Uint8Array>;
  readonly signal: AbortSignal;
}

/** Stands in for grammY's `fetch`: keeps its sockets, settles whatever the other side does, and retries nothing. */
export interface HttpClient {
  /** Posts. Rejects with `NoAnswer` and nothing else. */
  fetch(url: string, call: Call): Promise<Answer>;
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
  const agent = makeAgent?.(settings) ?? (isTls ? new HttpsAgent(settings) : new HttpAgent(settings));
  const send = isTls ? httpsRequest : httpRequest;
  const server = { protocol, hostname, ...(port ? { port } : {}), ...(auth ? { auth } : {}), agent };
  const prefix = new URL(root).pathname.replace(/\/+$/, "");
  return {
    async fetch(url, { headers, body, signal }) {
      const length = typeof body === "string" ? { "content-length": Buffer.byteLength(body) } : {};
      const request = send({
        ...server,
        method: "POST",
        path: prefix + url.slice(root.length),
        headers: { "content-type": headers["content-type"], ...length },
      });
      const answer = answerTo(request, isTls ? "secureConnect" : "connect", signal);
      if (typeof body === "string") request.end(body);
      // A source that fails destroys the request, and the request says so.
      else pipeline(Readable.from(body, { objectMode: false }), request, () => {});
      return answer;
    },
    close: () => agent.destroy(),
  };
}

/** @param ready the event after which a new socket carries bytes */
function answerTo(
  request: ClientRequest,
  ready: "connect" | "secureConnect",
  signal: AbortSignal,
): Promise<Answer> {
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
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
        if (text.length > MAX_ANSWER_LENGTH) fail("the answer is too long");
      });
      response.once("error", broken);
      response.once("close", () => {
        if (!response.complete) return fail("the answer was cut off");
        signal.removeEventListener("abort", cancel);
        const value = parse(text);
        if (value === undefined) fail(`the answer is not JSON (HTTP ${response.statusCode})`);
        else resolve({ json: async () => value });
      });
    });
    if (signal.aborted) cancel();
    else signal.addEventListener("abort", cancel, { once: true });
  });
}

/** Undefined for what is not JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
