import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Socket } from "node:net";
import { urlToHttpOptions } from "node:url";

/** The way to Discord ended at the proxy. Its message is for people and holds no credentials. */
export class ProxyFailure extends Error {
  override readonly name = "ProxyFailure";
}

export interface Target {
  readonly host: string;
  readonly port: number;
}

/** Opens a socket to a server by way of a proxy. Rejects with `ProxyFailure`. */
export type Connect = (target: Target) => Promise<Socket>;

/** What leads through the proxy at this address, which has been checked. Loads what speaks SOCKS where that is asked for. */
export async function connectThrough(proxy: string): Promise<Connect> {
  const url = new URL(proxy);
  const open = url.protocol.startsWith("socks")
    ? (await import("./socks.js")).socksConnect(url)
    : (target: Target) => tunnel(url, target);
  return async (target) => {
    try {
      return await open(target);
    } catch (error) {
      throw new ProxyFailure(`the proxy ${url.host}: ${reasonOf(error)}`);
    }
  };
}

/** By CONNECT (RFC 9110, 9.3.6). */
function tunnel(proxy: URL, { host, port }: Target): Promise<Socket> {
  const { hostname, port: at, auth } = urlToHttpOptions(proxy);
  const authority = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  const basic = auth ? `Basic ${Buffer.from(auth).toString("base64")}` : undefined;
  const isTls = proxy.protocol === "https:";
  const send = isTls ? httpsRequest : httpRequest;
  const request = send({
    hostname,
    port: at ?? (isTls ? 443 : 80),
    method: "CONNECT",
    path: authority,
    headers: { host: authority, ...(basic === undefined ? {} : { "proxy-authorization": basic }) },
    agent: false,
  });
  return new Promise((resolve, reject) => {
    request.once("error", reject);
    request.once("connect", (response, socket: Socket, head) => {
      if (response.statusCode === 200) {
        if (head.length > 0) socket.unshift(head);
        return resolve(socket);
      }
      socket.destroy();
      reject(new Error(`it refused with HTTP ${response.statusCode}`));
    });
    request.end();
  });
}

/** Texts name the step that failed; error objects may hold the password. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown error";
  return "code" in error && typeof error.code === "string" ? error.code : error.message;
}
