import type { IncomingMessage, Server } from "node:http";
import type { Duplex, Transform } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";

/** A WebSocket connection of a client, as a simulator holds it. */
export class SocketConnection {
  /** The path and query that the client asked for. */
  readonly url: URL;
  readonly #socket: WebSocket;
  #through: Transform | undefined;
  #silent = false;

  constructor(socket: WebSocket, url: URL) {
    this.#socket = socket;
    this.url = url;
  }

  /** False as soon as either side closes, and while the connection is silent. */
  get open(): boolean {
    return !this.#silent && this.#socket.readyState === this.#socket.OPEN;
  }

  onMessage(listener: (data: Buffer) => void): void {
    this.#socket.on("message", (data) => {
      if (!this.#silent) listener(bufferOf(data));
    });
  }

  /** @param listener gets the close code of the WebSocket protocol; 1006 when the connection broke */
  onClose(listener: (code: number) => void): void {
    this.#socket.on("close", listener);
  }

  /** Nothing when the connection is not open. */
  send(text: string): void {
    if (!this.open) return;
    if (this.#through === undefined) this.#socket.send(text);
    else this.#through.write(text);
  }

  /** What is sent from now on passes this stream, and goes out as binary frames. */
  sendThrough(stream: Transform): void {
    this.#through = stream;
    stream.on("data", (bytes: Buffer) => {
      if (this.open) this.#socket.send(bytes);
    });
    this.onClose(() => stream.destroy());
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  /** Ends the TCP connection without a closing handshake. */
  reset(): void {
    this.#socket.terminate();
  }

  /** Stays open and brings nothing any more; the client's messages are heeded by nobody, only its goodbye is answered. */
  silence(): void {
    this.#silent = true;
  }

  /** Like `silence`, and its goodbye is not answered either, as when the other side lost its power. */
  freeze(): void {
    if (!this.open) return;
    this.#silent = true;
    this.#socket.pause();
  }
}

export interface SocketRoute {
  /** Whether a request for this URL is meant. */
  fits: (url: URL) => boolean;
  /** A response refuses the handshake; "reset" and "silence" are what faults ask for. */
  admit?: (url: URL) => Promise<Response | "reset" | "silence" | undefined>;
  opened: (connection: SocketConnection) => void;
}

/** The WebSocket side of a simulator's server. */
export class Sockets {
  readonly #routes: SocketRoute[] = [];
  readonly #upgrade = new WebSocketServer({ noServer: true });
  readonly #connections = new Set<SocketConnection>();
  /** TCP connections without a WebSocket: refused, silent or in the handshake. */
  readonly #pending = new Set<Duplex>();

  constructor(http: Server) {
    http.on("upgrade", (request, socket, head) => void this.#take(request, socket, head));
  }

  route(route: SocketRoute): void {
    this.#routes.push(route);
  }

  /** Breaks every connection. */
  disconnect(): void {
    for (const connection of this.#connections) connection.reset();
    for (const socket of this.#pending) socket.destroy();
  }

  /** Freezes every connection that is open now. */
  halfOpen(): void {
    for (const connection of this.#connections) connection.freeze();
  }

  async #take(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    this.#pending.add(socket);
    socket.once("close", () => this.#pending.delete(socket));
    socket.on("error", () => socket.destroy());
    const url = new URL(request.url ?? "/", `http://${request.headers.host ?? "127.0.0.1"}`);
    const route = this.#routes.find(({ fits }) => fits(url));
    if (route === undefined) return refuse(socket, new Response("Not Found", { status: 404 }));
    const answer = await route.admit?.(url);
    if (answer === "silence" || socket.destroyed) return;
    if (answer === "reset") return void socket.destroy();
    if (answer !== undefined) return refuse(socket, answer);
    this.#upgrade.handleUpgrade(request, socket, head, (webSocket) => {
      this.#pending.delete(socket);
      const connection = new SocketConnection(webSocket, url);
      this.#connections.add(connection);
      connection.onClose(() => this.#connections.delete(connection));
      webSocket.on("error", () => connection.reset());
      route.opened(connection);
    });
  }
}

function bufferOf(data: Buffer | ArrayBuffer | Buffer[]): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? Buffer.from(data) : data;
}

function refuse(socket: Duplex, response: Response): void {
  const headers = [...response.headers].map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const reason = response.statusText === "" ? "Refused" : response.statusText;
  socket.end(
    `HTTP/1.1 ${response.status} ${reason}\r\n${headers}connection: close\r\ncontent-length: 0\r\n\r\n`,
  );
}
