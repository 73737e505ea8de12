import { createServer } from "node:net";
import { describe, expect, it, vi } from "vitest";
import { config } from "../src/config.js";
import { simulate, started } from "./harness.js";
import { httpProxy, socksProxy } from "./proxies.js";

vi.setConfig({ testTimeout: 20_000 });

const PASSWORD = "hush hush: 1";
const CREDENTIALS = `proxyuser:${encodeURIComponent(PASSWORD)}@`;
const shown = (lines: readonly string[]) =>
  lines.filter((line) => line.includes(PASSWORD) || line.includes(encodeURIComponent(PASSWORD)));

/** A port at which nobody listens. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== "object" || address === null) throw new Error("no port");
  return address.port;
}

describe("through a proxy", () => {
  it.each([
    ["http", httpProxy],
    ["socks5", socksProxy],
    ["socks5h", socksProxy],
  ])("%s messages come and go, over resumes, and its sockets end with the account", async (scheme, open) => {
    const proxy = await open(`proxyuser:${PASSWORD}`);
    const { sim, bot } = await simulate();
    const host = await started({
      apiRoot: sim.apiRoot,
      config: { proxy: `${scheme}://${CREDENTIALS}${proxy.host}`, streamMode: "off" },
    });
    const chat = sim.user("Ada").with(bot);
    await chat.says("Hello");
    expect((await chat.hears()).content).toBe("You said: Hello");
    const before = proxy.targets.length;
    bot.drops();
    await chat.says("Again");
    expect((await chat.hears()).content).toBe("You said: Again");
    expect(bot.sessions()).toHaveLength(1);
    // The resumed gateway came through it as well.
    expect(proxy.targets.length).toBeGreaterThan(before);
    expect(new Set(proxy.targets)).toEqual(new Set([new URL(sim.apiRoot).host]));
    expect(proxy.credentials[0]).toBe(`proxyuser:${PASSWORD}`);
    await host.runtime.stop();
    await proxy.allClosed();
    expect(shown(host.lines)).toEqual([]);
  });

  it.each([
    ["http", httpProxy, /the proxy 127\.0\.0\.1:\d+: it refused with HTTP 407/],
    ["socks5", socksProxy, /the proxy 127\.0\.0\.1:\d+: Socks5 Authentication failed/],
  ])("%s that refuses the credentials is named in the status", async (scheme, open, reason) => {
    const proxy = await open("proxyuser:another");
    const { sim } = await simulate();
    const host = await started({
      apiRoot: sim.apiRoot,
      config: { proxy: `${scheme}://${CREDENTIALS}${proxy.host}` },
    });
    expect(host.status()).toMatchObject({ state: "reconnecting", reason: expect.stringMatching(reason) });
    expect(shown([JSON.stringify(host.status()), ...host.lines])).toEqual([]);
  });

  it.each(["http", "socks5"])("%s that is not there is named in the status", async (scheme) => {
    const { sim } = await simulate();
    const port = await freePort();
    const host = await started({
      apiRoot: sim.apiRoot,
      config: { proxy: `${scheme}://${CREDENTIALS}127.0.0.1:${port}` },
    });
    const reason = new RegExp(
      `^Discord cannot be reached \\(the proxy 127\\.0\\.0\\.1:${port}: .*ECONNREFUSED`,
    );
    expect(host.status()).toMatchObject({ state: "reconnecting", reason: expect.stringMatching(reason) });
    expect(shown([JSON.stringify(host.status()), ...host.lines])).toEqual([]);
  });
});

it.each(["proxy.example:3128", "ftp://proxy.example", "http://proxy.example/path"])(
  "proxy: %j is refused",
  (proxy) => {
    const parsed = config.fields.safeParse({ proxy });
    expect(parsed.error?.issues[0]?.message).toContain("must be the address of an HTTP or SOCKS proxy");
  },
);
