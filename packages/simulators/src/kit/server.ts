import type { Server } from "node:http";
import { createServer } from "node:http";
import { getRequestListener, type HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { type Context, Hono } from "hono";
import { type Clock, pause, systemClock } from "./clock.js";
import { SimulatorError } from "./errors.js";
import { type Fault, type FaultRule, Faults, type FaultTarget, type Refusal } from "./faults.js";
import { Sockets } from "./sockets.js";
import { Watch } from "./watch.js";

export type SimulatorEnv = { Bindings: HttpBindings };
export type SimulatorContext = Context<SimulatorEnv>;

export interface SimulatorServerOptions {
  /** TCP port on 127.0.0.1. Default: 0, a free one. */
  port?: number;
  /** Default: real time. */
  clock?: Clock;
}

/** What a platform gives for one call, so that the server can apply faults to it. */
export interface Exchange {
  target: FaultTarget;
  /** Told when a fault takes the call. */
  onFault?: (fault: Fault) => void;
  /** Does what the call asks. The signal aborts when the caller hangs up. */
  work: (gone: AbortSignal) => Promise<Response>;
  /** The platform's form of a refusal. */
  refuse: (refusal: Refusal) => Response;
}

/** What every simulator can do, whatever it speaks. */
export interface Simulator {
  /** `http://127.0.0.1:PORT`, without a trailing slash. */
  readonly url: string;
  readonly clock: Clock;
  /** Lets calls go wrong; see `FaultRule`. */
  fault(rule: FaultRule): Fault;
  /** Breaks every open connection. */
  disconnect(): void;
  /** Open calls are never answered any more while their sockets stay open; new calls work. */
  halfOpen(): void;
  /** Stops listening and ends all sockets at once; every wait on the simulator rejects. */
  close(): Promise<void>;
}

/** The HTTP server that simulators share: loopback only, with faults applied below the platform's own rules. */
export class SimulatorServer {
  readonly clock: Clock;
  readonly watch = new Watch();
  readonly faults = new Faults(this.watch);
  readonly app = new Hono<SimulatorEnv>();
  /** For platforms that bring events over WebSockets. */
  readonly sockets: Sockets;
  /** Aborted by `close`. */
  readonly closed: AbortSignal;
  readonly #closing = new AbortController();
  readonly #open = new Set<{ frozen: boolean }>();
  readonly #http: Server;
  #port = 0;

  private constructor(clock: Clock) {
    this.clock = clock;
    this.closed = this.#closing.signal;
    const listener = getRequestListener((request, env) => this.app.fetch(request, env), {
      overrideGlobalObjects: false,
    });
    this.#http = createServer((incoming, outgoing) => void listener(incoming, outgoing));
    this.sockets = new Sockets(this.#http);
    // Pollers keep their sockets; the simulator never hangs up by itself.
    this.#http.keepAliveTimeout = 0;
    this.#http.requestTimeout = 0;
  }

  static async start(options: SimulatorServerOptions = {}): Promise<SimulatorServer> {
    const server = new SimulatorServer(options.clock ?? systemClock);
    await server.#listen(options.port ?? 0);
    return server;
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Runs one call through the faults. */
  async answer(c: SimulatorContext, exchange: Exchange): Promise<Response> {
    const { outgoing } = c.env;
    const gone = new AbortController();
    outgoing.once("close", () => gone.abort());
    const state = { frozen: false };
    this.#open.add(state);
    try {
      const fault = this.faults.take(exchange.target, this.clock.now());
      if (fault !== undefined) exchange.onFault?.(fault);
      const refusal = fault?.refusal(this.clock.now());
      if (refusal !== undefined) return exchange.refuse(refusal);
      const kind = fault?.rule.kind;
      if (kind === "hang") return await silence(gone.signal);
      if (kind === "reset") return reset(c);
      if (fault?.rule.kind === "delay") {
        await pause(this.clock, fault.rule.ms, AbortSignal.any([gone.signal, this.closed]));
        // Whoever hung up during the delay is not served.
        if (gone.signal.aborted || this.closed.aborted) return RESPONSE_ALREADY_SENT;
      }
      const response = await exchange.work(gone.signal);
      if (state.frozen || kind === "hangAfter") return await silence(gone.signal);
      if (kind === "resetAfter") return reset(c);
      if (kind === "truncate") return await truncate(c, response);
      return response;
    } finally {
      this.#open.delete(state);
    }
  }

  disconnect(): void {
    this.#http.closeAllConnections();
    this.sockets.disconnect();
  }

  halfOpen(): void {
    for (const state of this.#open) state.frozen = true;
    this.sockets.halfOpen();
  }

  async close(): Promise<void> {
    if (this.closed.aborted) return;
    this.#closing.abort();
    this.watch.close("The simulator was closed.");
    const stopped = new Promise<void>((resolve) => this.#http.close(() => resolve()));
    this.disconnect();
    await stopped;
  }

  #listen(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#http.once("error", (error: NodeJS.ErrnoException) => {
        const why =
          error.code === "EADDRINUSE"
            ? "another program listens there; leave `port` out to get a free one"
            : error.message;
        reject(
          new SimulatorError(`The simulator cannot listen on 127.0.0.1:${port}: ${why}.`, { cause: error }),
        );
      });
      this.#http.listen(port, "127.0.0.1", () => {
        const address = this.#http.address();
        if (address !== null && typeof address === "object") this.#port = address.port;
        resolve();
      });
    });
  }
}

function silence(gone: AbortSignal): Promise<Response> {
  return new Promise((resolve) => {
    const end = () => resolve(RESPONSE_ALREADY_SENT);
    if (gone.aborted) end();
    else gone.addEventListener("abort", end, { once: true });
  });
}

function reset(c: SimulatorContext): Response {
  c.env.incoming.socket.resetAndDestroy();
  return RESPONSE_ALREADY_SENT;
}

async function truncate(c: SimulatorContext, response: Response): Promise<Response> {
  const body = Buffer.from(await response.arrayBuffer());
  const { outgoing } = c.env;
  outgoing.writeHead(response.status, {
    "content-type": response.headers.get("content-type") ?? "application/octet-stream",
    "content-length": body.length,
  });
  await new Promise<void>((resolve) =>
    outgoing.write(body.subarray(0, Math.floor(body.length / 2)), () => resolve()),
  );
  outgoing.destroy();
  return RESPONSE_ALREADY_SENT;
}
