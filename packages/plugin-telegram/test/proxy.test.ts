import { createServer as createHttpServer, get, type IncomingMessage } from "node:http";
import { createServer } from "node:net";
import { text } from "node:stream/consumers";
import { ManualClock } from "@elizaos/connector-simulators/kit";
import { describe, expect, it } from "vitest";
import { config } from "../src/config.js";
import { proxyAgents } from "../src/proxy/index.js";
import { afterTest, host, letTimePass, simulate, started } from "./harness.js";
import { httpProxy, socksProxy } from "./proxies.js";

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
  ])("%s messages come and go, and its sockets end with the account", async (scheme, open) => {
    const proxy = await open(`proxyuser:${PASSWORD}`);
    const { sim, bot } = await simulate();
    const running = await started({
      apiRoot: sim.apiRoot,
      config: { proxy: `${scheme}://${CREDENTIALS}${proxy.host}`, streamMode: "off" },
    });
    const chat = sim.user("Ada").with(bot);
    await chat.says("Hello");
    expect((await chat.hears()).text).toBe("You said: Hello");
    expect(running.status().state).toBe("online");
    expect(new Set(proxy.targets)).toEqual(new Set([new URL(sim.apiRoot).host]));
    expect(proxy.credentials[0]).toBe(`proxyuser:${PASSWORD}`);
    await running.runtime.stop();
    await proxy.allClosed();
    expect(shown(running.log.lines)).toEqual([]);
  });

  it.each([
    ["http", httpProxy, /the proxy 127\.0\.0\.1:\d+: it refused with HTTP 407/],
    ["socks5", socksProxy, /the proxy 127\.0\.0\.1:\d+: Socks5 Authentication failed/],
  ])("%s that refuses the credentials is named in the status", async (scheme, open, reason) => {
    const proxy = await open("proxyuser:another");
    const { sim } = await simulate();
    const running = await host({
      apiRoot: sim.apiRoot,
      config: { proxy: `${scheme}://${CREDENTIALS}${proxy.host}` },
    });
    void running.runtime.start();
    const status = await running.becomes(({ state }) => state === "reconnecting");
    expect(status.reason).toMatch(reason);
    expect(shown([JSON.stringify(status), ...running.log.lines])).toEqual([]);
  });

  it.each(["http", "socks5"])("%s that is not there is named in the status", async (scheme) => {
    const { sim } = await simulate();
    const port = await freePort();
    const running = await host({
      apiRoot: sim.apiRoot,
      config: { proxy: `${scheme}://${CREDENTIALS}127.0.0.1:${port}` },
    });
    void running.runtime.start();
    const status = await running.becomes(({ state }) => state === "reconnecting");
    expect(status.reason).toMatch(
      new RegExp(`^Telegram cannot be reached \\(the proxy 127\\.0\\.0\\.1:${port}: .*ECONNREFUSED`),
    );
    expect(shown([JSON.stringify(status), ...running.log.lines])).toEqual([]);
  });

  it.each([
    ["http", httpProxy],
    ["socks5", socksProxy],
  ])(
    "%s lets an answer take longer than a socket may be idle, as that of a poll does",
    async (scheme, open) => {
      const proxy = await open();
      const server = createHttpServer((_, response) => setTimeout(() => response.end("late"), 200));
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
      afterTest(() => server.close());
      const address = server.address();
      const port = typeof address === "object" ? address?.port : undefined;
      const makeAgent = await proxyAgents(`${scheme}://${proxy.host}`);
      const agent = makeAgent({ keepAlive: true, timeout: 50 });
      afterTest(() => agent.destroy());
      const answer = await new Promise<IncomingMessage>((resolve, reject) => {
        get({ host: "127.0.0.1", port, agent }, resolve).once("error", reject);
      });
      expect(await text(answer)).toBe("late");
    },
  );

  it("that never answers keeps no socket once the account is closed", async () => {
    const silent = createServer();
    const closed = new Promise<void>((resolve) => {
      silent.on("connection", (socket) => {
        socket.on("error", () => {});
        socket.resume();
        socket.once("close", () => resolve());
      });
    });
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", () => resolve()));
    afterTest(() => silent.close());
    const address = silent.address();
    const port = typeof address === "object" ? address?.port : undefined;
    const { sim } = await simulate();
    const clock = new ManualClock();
    const running = await host({
      apiRoot: sim.apiRoot,
      config: { proxy: `http://127.0.0.1:${port}`, timeoutSeconds: 1 },
      clock,
    });
    void running.runtime.start();
    const status = await letTimePass(
      clock,
      running.becomes(({ state }) => state === "reconnecting"),
    );
    expect(status.reason).toContain("no answer within 1 s");
    await running.runtime.stop();
    await closed;
  });
});

it.each([
  "proxy.example:3128",
  "ftp://proxy.example",
  "http://",
  "http://proxy.example/path",
  "http://user:%ZZ@proxy.example",
])("proxy: %j is refused", (proxy) => {
  const parsed = config.fields.safeParse({ proxy });
  expect(parsed.error?.issues[0]?.message).toContain("must be the address of an HTTP or SOCKS proxy");
});
