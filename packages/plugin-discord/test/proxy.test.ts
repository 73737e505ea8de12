import { createServer as createHttpServer } from "node:http";
import { createServer, type Server } from "node:net";
import { describe, expect, it, vi } from "vitest";
import { config } from "../src/config.js";
import { afterTest, simulate, started } from "./harness.js";
import { httpProxy, socksProxy } from "./proxies.js";
import { behindTls } from "./tls-front.js";

vi.setConfig({ testTimeout: 20_000 });

const PASSWORD = "hush hush: 1";
const CREDENTIALS = `proxyuser:${encodeURIComponent(PASSWORD)}@`;
const shown = (lines: readonly string[]) =>
  lines.filter((line) => line.includes(PASSWORD) || line.includes(encodeURIComponent(PASSWORD)));

/** The server's port, until the test ends. */
async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "localhost", () => resolve()));
  afterTest(() => server.close());
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("no port");
  return address.port;
}

/** A port at which nobody listens. */
async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
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
    ["http", httpProxy],
    ["socks5h", socksProxy],
  ])("%s TLS goes to the server itself, for calls and for the gateway", async (scheme, open) => {
    const proxy = await open();
    const { sim, bot } = await simulate();
    const { host } = await behindTls(sim);
    await started({
      apiRoot: `https://${host}/api`,
      config: { proxy: `${scheme}://${proxy.host}`, streamMode: "off" },
    });
    const chat = sim.user("Ada").with(bot);
    await chat.says("Hello");
    expect((await chat.hears()).content).toBe("You said: Hello");
    expect(new Set(proxy.targets)).toEqual(new Set([host]));
    // One for calls, and one for the gateway.
    expect(proxy.targets.length).toBeGreaterThan(1);
  });

  it.each([
    ["http", httpProxy],
    ["socks5h", socksProxy],
  ])("%s files are fetched, and PluralKit is asked", async (scheme, open) => {
    const proxy = await open();
    const { sim, bot } = await simulate();
    const files = createHttpServer((_, response) => response.end("What the file says"));
    const port = await listening(files);
    const ada = sim.user("Ada");
    const channel = sim.guild("Mills", { members: [ada] }).channel("engines");
    // Other names for this machine, so that it shows who was asked for.
    const pluralKitRoot = sim.pluralKitRoot.replace("127.0.0.1", "localhost");
    await started({
      apiRoot: sim.apiRoot,
      config: {
        proxy: `${scheme}://${proxy.host}`,
        streamMode: "off",
        requireMention: false,
        pluralkit: { enabled: true, apiRoot: pluralKitRoot },
      },
      agent: async (turn) => {
        const [event] = turn.events;
        const [file] = event.kind === "message" ? (event.content.attachments ?? []) : [];
        if (file === undefined) return `${event.sender.name} said it`;
        return new TextDecoder().decode(await (await turn.download(file)).bytes());
      },
    });
    await channel.proxies(ada, "It is us", "Luna");
    expect((await channel.hears()).content).toMatch(/^Luna \(s\d+\) said it$/);
    const chat = ada.with(bot);
    const url = `http://localhost:${port}/attachments/1/2/note.txt`;
    const { id } = await chat.says("Look");
    await chat.hears();
    bot.push("MESSAGE_CREATE", {
      id: String(BigInt(id) + 1n),
      channel_id: chat.id,
      channel_type: 1,
      type: 0,
      timestamp: new Date().toISOString(),
      author: ada.user,
      content: "",
      attachments: [{ id: "2", filename: "note.txt", size: 18, url }],
    });
    expect((await chat.hears()).content).toBe("What the file says");
    const [api, other] = [new URL(sim.apiRoot).host, new URL(pluralKitRoot).host];
    expect(new Set(proxy.targets)).toEqual(new Set([api, other, `localhost:${port}`]));
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
