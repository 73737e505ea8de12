import { createServer } from "node:http";
import { connect, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { Watch } from "./watch.js";

/** A proxy on this machine, for tests of what reaches a platform through one. */
export interface ProxyServer {
  readonly host: string;
  /** Targets that it was asked to connect to, oldest first. */
  readonly targets: string[];
  /** Credentials that it was shown, `user:password`. */
  readonly credentials: string[];
  /** Sockets that are open on it. */
  readonly sockets: ReadonlySet<Socket>;
  allClosed(): Promise<unknown>;
  close(): void;
}

async function serve(
  server: Server,
  more: Pick<ProxyServer, "targets" | "credentials">,
): Promise<ProxyServer> {
  const watch = new Watch();
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => {
      sockets.delete(socket);
      watch.poke();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const close = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const allClosed = () =>
    watch.until(
      () => (sockets.size === 0 ? true : undefined),
      () => `${sockets.size} sockets are still open.`,
    );
  return { host: `127.0.0.1:${port}`, sockets, allClosed, close, ...more };
}

function join(one: Socket, other: Socket): void {
  one.pipe(other).pipe(one);
  for (const [socket, peer] of [
    [one, other],
    [other, one],
  ] as const) {
    socket.on("error", () => peer.destroy());
    socket.once("close", () => peer.destroy());
  }
}

/** A proxy that knows CONNECT and nothing else. */
export async function startHttpProxy(expected?: string): Promise<ProxyServer> {
  const targets: string[] = [];
  const credentials: string[] = [];
  const server = createServer((_, response) => response.writeHead(405).end());
  server.on("connect", (request, socket: Socket) => {
    const [, encoded] = /^Basic (.*)$/.exec(request.headers["proxy-authorization"] ?? "") ?? [];
    if (encoded !== undefined) credentials.push(Buffer.from(encoded, "base64").toString());
    if (expected !== undefined && credentials.at(-1) !== expected) {
      socket.end("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 4\r\n\r\nno.\n");
      return;
    }
    targets.push(request.url ?? "");
    const { hostname, port } = new URL(`http://${request.url}`);
    const upstream = connect(Number(port), hostname, () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      join(socket, upstream);
    });
    upstream.on("error", () => socket.destroy());
  });
  return serve(server, { targets, credentials });
}

/** A SOCKS5 proxy (RFC 1928) with user names and passwords (RFC 1929); each message is taken to come in one piece. */
export async function startSocksProxy(expected?: string): Promise<ProxyServer> {
  const targets: string[] = [];
  const credentials: string[] = [];
  const server = createTcpServer((socket) => {
    const steps = [greet, ...(expected === undefined ? [] : [authenticate]), open];
    socket.on("data", function step(bytes: Buffer) {
      const next = steps.shift();
      if (steps.length === 0) socket.off("data", step);
      next?.(bytes);
    });
    function greet() {
      socket.write(Buffer.from([5, expected === undefined ? 0 : 2]));
    }
    function authenticate(bytes: Buffer) {
      const user = bytes.subarray(2, 2 + (bytes[1] ?? 0)).toString();
      const password = bytes.subarray(3 + user.length).toString();
      credentials.push(`${user}:${password}`);
      const isGood = credentials.at(-1) === expected;
      socket.write(Buffer.from([1, isGood ? 0 : 1]));
      if (!isGood) socket.end();
    }
    function open(bytes: Buffer) {
      const isName = bytes[3] === 3;
      const length = bytes[4] ?? 0;
      const host = isName ? bytes.subarray(5, 5 + length).toString() : [...bytes.subarray(4, 8)].join(".");
      const port = bytes.readUInt16BE(isName ? 5 + length : 8);
      targets.push(`${host}:${port}`);
      const upstream = connect(port, host, () => {
        socket.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
        join(socket, upstream);
      });
      upstream.on("error", () => socket.end(Buffer.from([5, 5, 0, 1, 0, 0, 0, 0, 0, 0])));
    }
  });
  return serve(server, { targets, credentials });
}
