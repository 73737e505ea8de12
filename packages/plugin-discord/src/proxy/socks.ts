import { lookup } from "node:dns/promises";
import type { Socket } from "node:net";
import { SocksClient } from "socks";
import type { Target } from "./connect.js";

const DEFAULT_PORT = 1_080;
/** The proxy's own time to answer, in ms. */
const CONNECT_LIMIT_MS = 30_000;

/** Sockets through a SOCKS proxy. With `socks5h` and `socks4a` the proxy looks names up, as with the bare `socks`. */
export function socksConnect(proxy: URL): (target: Target) => Promise<Socket> {
  const { protocol, hostname, port, username, password } = proxy;
  const looksUpItself = protocol === "socks4:" || protocol === "socks5:";
  return async ({ host, port: to }) => {
    const { socket } = await SocksClient.createConnection({
      command: "connect",
      proxy: {
        host: hostname.replace(/^\[|\]$/g, ""),
        port: Number(port || DEFAULT_PORT),
        type: protocol.startsWith("socks4") ? 4 : 5,
        ...(username === "" ? {} : { userId: decodeURIComponent(username) }),
        ...(password === "" ? {} : { password: decodeURIComponent(password) }),
      },
      destination: { host: looksUpItself ? (await lookup(host)).address : host, port: to },
      timeout: CONNECT_LIMIT_MS,
    });
    return socket;
  };
}
