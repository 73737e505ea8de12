import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, request } from "node:http";
import type { Duplex } from "node:stream";
import { pipeline } from "node:stream";
import { connect as connectTls } from "node:tls";
import { Transient } from "@elizaos/connector-core";
import type { Connect } from "./connect.js";

const HOST = "127.0.0.1";

/** Leads WebSockets through a proxy for a client that cannot: by a port of this machine, whose paths nobody else can guess. */
export interface Tunnel {
  /** The address to connect to in place of another. */
  urlOf(url: string): string;
  close(): void;
}

export async function openTunnel(connect: Connect): Promise<Tunnel> {
  const targets = new Map<string, URL>();
  const sockets = new Set<Duplex>();
  const server = createServer((_, response) => response.writeHead(404).end());
  const keep = (socket: Duplex) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    // Each end learns of the other's end.
    socket.on("error", () => {});
    return socket;
  };
  server.on("upgrade", (asked: IncomingMessage, near: Duplex, head: Buffer) => {
    keep(near);
    const { pathname, search } = new URL(asked.url ?? "", `http://${HOST}`);
    const target = targets.get(pathname);
    if (target === undefined) {
      near.end("HTTP/1.1 404 Not Found\r\n\r\n");
      return;
    }
    const isTls = target.protocol === "wss:";
    const port = Number(target.port || (isTls ? 443 : 80));
    connect({ host: target.hostname, port }).then(
      (straight) => {
        keep(straight);
        const far = isTls ? keep(connectTls({ socket: straight, servername: target.hostname })) : straight;
        const asking = request({
          path: `${target.pathname}${search}`,
          headers: { ...asked.headers, host: target.host },
          createConnection: () => far,
        });
        asking.once("error", () => near.destroy());
        asking.once("response", ({ statusCode }) => near.end(`HTTP/1.1 ${statusCode} Refused\r\n\r\n`));
        asking.once("upgrade", (answer, _, begun: Buffer) => {
          near.write(headOf(answer));
          near.write(begun);
          far.write(head);
          pipeline(near, far, near, () => {});
        });
        asking.end();
      },
      () => near.end("HTTP/1.1 502 Bad Gateway\r\n\r\n"),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, HOST, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string")
    throw new Transient("No port of this machine is free for the way through the proxy.", {
      where: "gateway",
    });
  return {
    urlOf(url) {
      const known = [...targets].find(([, target]) => target.href === new URL(url).href)?.[0];
      const path = known ?? `/${randomBytes(24).toString("base64url")}`;
      targets.set(path, new URL(url));
      return `ws://${HOST}:${address.port}${path}`;
    },
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** The answer's head as it came. */
function headOf({ statusCode, statusMessage, rawHeaders }: IncomingMessage): string {
  const lines = rawHeaders.flatMap((text, index) =>
    index % 2 === 0 ? [`${text}: ${rawHeaders[index + 1] ?? ""}`] : [],
  );
  return [`HTTP/1.1 ${statusCode} ${statusMessage}`, ...lines, "", ""].join("\r\n");
}
