import type { Clock } from "@elizaos/connector-core";
import type { z } from "zod";
import { type WireError, wireError } from "./wire.js";

/** The platform understood a call and said no. */
export class ToyRefusal extends Error {
  override readonly name = "ToyRefusal";
  readonly status: number;
  readonly body: WireError;

  constructor(method: string, status: number, body: WireError) {
    super(`${method}: ${status} ${body.error}`);
    this.status = status;
    this.body = body;
  }
}

export interface ToyClientOptions {
  readonly apiRoot: string;
  readonly token: string;
  /** Longest time one call may take, in ms. */
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/**
 * What an SDK would be elsewhere. Calls throw `ToyRefusal` when the platform says no, and whatever `fetch` throws when no
 * answer came; they never repeat themselves.
 */
export class ToyClient {
  readonly #options: ToyClientOptions;

  constructor(options: ToyClientOptions) {
    this.#options = options;
  }

  get<S extends z.ZodType>(
    method: string,
    query: Readonly<Record<string, string>>,
    answer: S,
    signal: AbortSignal,
  ): Promise<z.output<S>> {
    return this.#call(method, `?${new URLSearchParams(query)}`, {}, answer, signal);
  }

  post<S extends z.ZodType>(
    method: string,
    body: object,
    answer: S,
    signal: AbortSignal,
  ): Promise<z.output<S>> {
    const init = {
      method: "POST",
      body: JSON.stringify(body),
      headers: { "content-type": "application/json" },
    };
    return this.#call(method, "", init, answer, signal);
  }

  /** Opens the stream; its lines come until it is broken or the signal is aborted. */
  async stream(signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const response = await this.#fetch("stream", "", {}, signal);
    if (!response.ok || response.body === null) throw await refusal("stream", response);
    return response.body;
  }

  /** Brings a file to the platform. */
  upload<S extends z.ZodType>(
    query: Readonly<Record<string, string>>,
    bytes: ReadableStream<Uint8Array>,
    answer: S,
    signal: AbortSignal,
  ): Promise<z.output<S>> {
    // Node.js asks for `duplex` where a body is a stream (fetch standard: "half-duplex").
    const init = { method: "POST", body: bytes, duplex: "half" } as const;
    return this.#call("upload", `?${new URLSearchParams(query)}`, init, answer, signal);
  }

  /** A file's bytes as they come. */
  async file(id: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const response = await this.#fetch("file", `?${new URLSearchParams({ id })}`, {}, signal);
    if (!response.ok || response.body === null) throw await refusal("file", response);
    return response.body;
  }

  async #call<S extends z.ZodType>(
    method: string,
    query: string,
    init: RequestInit,
    answer: S,
    signal: AbortSignal,
  ): Promise<z.output<S>> {
    const { clock, timeoutMs } = this.#options;
    const limit = new AbortController();
    const cancel = clock.after(timeoutMs, () => limit.abort(new Error(`no answer within ${timeoutMs} ms`)));
    try {
      const response = await this.#fetch(method, query, init, AbortSignal.any([signal, limit.signal]));
      if (!response.ok) throw await refusal(method, response);
      return answer.parse(await response.json());
    } finally {
      cancel();
    }
  }

  #fetch(method: string, query: string, init: RequestInit, signal: AbortSignal): Promise<Response> {
    const { apiRoot, token } = this.#options;
    const headers = { ...init.headers, authorization: `Bearer ${token}` };
    return fetch(`${apiRoot}/api/${method}${query}`, { ...init, headers, signal });
  }
}

async function refusal(method: string, response: Response): Promise<ToyRefusal> {
  const body = wireError.safeParse(await response.json().catch(() => undefined));
  return new ToyRefusal(
    method,
    response.status,
    body.success ? body.data : { error: "unreadable", detail: "" },
  );
}
