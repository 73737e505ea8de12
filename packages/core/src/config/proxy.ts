import { z } from "zod";

const PROTOCOLS = ["http:", "https:", "socks:", "socks4:", "socks4a:", "socks5:", "socks5h:"];

/** For connectors that reach their platform through a proxy, where one is given. */
export function proxyField(platform: string) {
  return z
    .string()
    .trim()
    .refine(isProxy, {
      error:
        "must be the address of an HTTP or SOCKS proxy, such as http://user:password@proxy.example:3128 or socks5h://127.0.0.1:1080",
    })
    .optional()
    .describe(
      `HTTP or SOCKS proxy to reach ${platform} through: http, https, socks4, socks4a, socks5 or socks5h (the proxy looks names up), with credentials where it needs them.`,
    );
}

/** What of a proxy's address must never be shown. */
export function proxySecrets(proxy: string | undefined): readonly string[] {
  if (proxy === undefined) return [];
  const { password } = new URL(proxy);
  return password === "" ? [] : [password, decodeURIComponent(password)];
}

function isProxy(text: string): boolean {
  const url = URL.parse(text);
  return (
    url !== null &&
    PROTOCOLS.includes(url.protocol) &&
    url.hostname !== "" &&
    /^\/?$/.test(url.pathname) &&
    `${url.search}${url.hash}` === "" &&
    isDecodable(url.username + url.password)
  );
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
